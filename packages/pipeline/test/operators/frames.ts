import { type OperatorFunction, Subject, type Subscription } from "rxjs";
import { expect, vi } from "vitest";
import { createInlineEngine, type Tensor, tensorIn } from "../../src/index.js";

/**
 * Marbles for operators whose work is real: RxJS's virtual time stands still while a promise settles, so that here a frame is a
 * millisecond of RxJS's timers, in which the event loop turns as often as the passes of a small tensor need. A pass that is
 * asked for in a frame is done in it.
 *
 * `-` is a frame without an event, `a` a frame with one, `(ab|)` one with several; `|` completes, `#` fails, `!` unsubscribes.
 */

export const pool = createInlineEngine();

/** Turns of the event loop in a frame: several times what two passes take. */
const TURNS = 40;
const MOST_FRAMES = 60;

export interface Played {
  /** What came out, frame by frame: capital letters, in the order of the alphabet. */
  readonly diagram: string;
  /** What each of them is. */
  readonly values: readonly string[];
  /** What `#` is. */
  readonly error: unknown;
}

interface Play<T, R> {
  /** What goes in. */
  readonly source: string;
  /** What a letter of it is; `#` fails with the value of "#". */
  readonly make: (letter: string) => T;
  readonly through: OperatorFunction<T, R>;
  /** What a value that comes out is; disposes of it, unless it is kept. */
  readonly show: (value: R) => string;
  /** When the receiver unsubscribes: "---!". */
  readonly unsubscribe?: string;
  /** What else happens: at each frame, after what the source gave. */
  readonly at?: (frame: number) => void;
}

/** Plays a diagram through an operator, and looks that no memory is left when it is over. */
export async function play<T, R>({ source, make, through, show, unsubscribe = "", at }: Play<T, R>): Promise<Played> {
  const before = pool.heap.bytesInUse;
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
  try {
    const frames = framesOf(source);
    const end = framesOf(unsubscribe).findIndex((events) => events.includes("!"));
    const input = new Subject<T>();
    const seen: string[][] = [];
    const values: string[] = [];
    let error: unknown;
    let isOver = false;
    const note = (event: string) => seen.at(-1)?.push(event);
    seen.push([]);
    const subscription: Subscription = input.pipe(through).subscribe({
      next(value) {
        note(String.fromCharCode(65 + values.length));
        values.push(show(value));
      },
      error(caught) {
        error = caught;
        isOver = true;
        note("#");
      },
      complete() {
        isOver = true;
        note("|");
      },
    });
    for (let t = 0; t < MOST_FRAMES && (!isOver || t < frames.length); t++) {
      if (t > 0) {
        seen.push([]);
        vi.advanceTimersByTime(1);
      }
      for (const event of frames[t] ?? []) {
        if (event === "|") input.complete();
        else if (event === "#") input.error(make("#"));
        // What nobody hears is not made.
        else if (input.observed) input.next(make(event));
      }
      at?.(t);
      if (t === end) {
        subscription.unsubscribe();
        isOver = true;
      }
      for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    subscription.unsubscribe();
    expect(pool.heap.bytesInUse, "bytes that are left").toBe(before);
    return { diagram: diagramOf(seen), values, error };
  } finally {
    vi.useRealTimers();
  }
}

/** The events of each frame. */
function framesOf(diagram: string): string[][] {
  return Array.from(diagram.matchAll(/\(([^)]*)\)|(.)/g), ([, group, single = ""]) =>
    group !== undefined ? [...group] : single === "-" ? [] : [single],
  );
}

/** Frames without events at the end say nothing. */
const diagramOf = (frames: readonly (readonly string[])[]): string =>
  frames
    .map((events) => (events.length === 0 ? "-" : events.length === 1 ? (events[0] as string) : `(${events.join("")})`))
    .join("")
    .replace(/-+$/, "");

/** A tensor `[samples, channels]` float64 of these values. */
export const table = (channels: number, ...values: number[]): Tensor =>
  tensorIn(pool, [values.length / channels, channels], "float64", { data: values });

/** The values of a tensor, which is disposed of. */
export function taken(x: Tensor): string {
  const values = Array.from(x.data, (value) => Number(value.toFixed(3)) + 0);
  x[Symbol.dispose]();
  return values.join(" ");
}
