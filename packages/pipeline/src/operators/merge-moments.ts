import { type NanPolicy, ROW } from "@normstream/moments";
import { usageError } from "@normstream/tensor";
import { Observable, type OperatorFunction } from "rxjs";
import { assertNanPolicy, assertOptions, kindOf } from "../arguments.js";
import { BatchFold, type StreamMoments } from "./stream-moments.js";

/** A part of a merge, whose index says where it belongs. */
export type MomentsPart = Pick<StreamMoments, "index" | "samples" | "rows">;

/**
 * Merges moments by their index, 0, 1, 2 and so on, in whatever order they come: the same parts give the same bits. Emits once, when
 * the source completes. Parts that stand in order are merged as they come; those that came too early wait.
 * @throws NormstreamError of kind `usage` for an unknown policy; as the stream's error for an index that comes twice or never (which the
 *   message names), other channels than before, and what is no part
 */
export function mergeMoments(options: { readonly nan?: NanPolicy } = {}): OperatorFunction<MomentsPart, StreamMoments> {
  assertOptions(options);
  const { nan = "propagate" } = options;
  assertNanPolicy(nan);
  return (source) =>
    new Observable<StreamMoments>((subscriber) => {
      const fold = new BatchFold();
      const early = new Map<number, MomentsPart>();
      return source.subscribe({
        next(part) {
          try {
            assertPart(part);
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
          if (fold.batches > 0) subscriber.next(fold.moments(0, nan));
          subscriber.complete();
        },
      });
    });
}

function assertPart(part: unknown): asserts part is MomentsPart {
  const { index, samples, rows } = (typeof part === "object" && part !== null ? part : {}) as Partial<MomentsPart>;
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isCount(index)) {
    throw usageError("a part of a merge has no index", {
      expected: "what momentsOf or windowed emits",
      found: typeof part === "object" && part !== null ? `index ${String(index)}` : kindOf(part),
    });
  }
  if (!isCount(samples)) throw usageError(`part ${index} is of ${String(samples)} samples`, { expected: "a whole number" });
  if (!(rows instanceof Float64Array) || rows.length === 0 || rows.length % ROW !== 0) {
    const found = rows instanceof Float64Array ? `${rows.length} numbers` : kindOf(rows);
    throw usageError(`part ${index} has no rows`, { expected: `a Float64Array of ${ROW} numbers a channel`, found });
  }
}
