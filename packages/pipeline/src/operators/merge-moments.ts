import type { NanPolicy } from "@normstream/moments";
import { usageError } from "@normstream/tensor";
import { Observable, type OperatorFunction } from "rxjs";
import { BatchFold, type StreamMoments } from "./stream-moments.js";

/** A part of a merge, whose index says where it belongs. */
export type MomentsPart = Pick<StreamMoments, "index" | "samples" | "rows">;

/**
 * Merges moments by their index, 0, 1, 2 and so on, in whatever order they come: the same parts give the same bits. Emits once, when
 * the source completes. Parts that stand in order are merged as they come; those that came too early wait.
 * @throws (as the stream's error) NormstreamError of kind `usage` for an index that comes twice or never
 */
export function mergeMoments(options: { readonly nan?: NanPolicy } = {}): OperatorFunction<MomentsPart, StreamMoments> {
  return (source) =>
    new Observable<StreamMoments>((subscriber) => {
      const fold = new BatchFold();
      const early = new Map<number, MomentsPart>();
      return source.subscribe({
        next(part) {
          try {
            if (part.index < fold.batches || early.has(part.index)) {
              throw usageError(`moments of index ${part.index} came twice`);
            }
            early.set(part.index, part);
            for (let next = early.get(fold.batches); next; next = early.get(fold.batches)) {
              early.delete(fold.batches);
              fold.push(next.rows, next.samples);
            }
          } catch (error) {
            subscriber.error(error);
          }
        },
        error: (error) => subscriber.error(error),
        complete() {
          if (early.size > 0) {
            const [waiting] = early.keys();
            subscriber.error(usageError(`moments of index ${fold.batches} never came`, { found: `index ${waiting}` }));
            return;
          }
          if (fold.batches > 0) subscriber.next(fold.moments(0, options.nan ?? "propagate"));
          subscriber.complete();
        },
      });
    });
}
