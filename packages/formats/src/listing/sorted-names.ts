import { compareBytes } from "./byte-order.js";
import { SpillFile } from "./spill-file.js";

/** Names that are sorted in memory; more are sorted in runs of so many, which a temporary file keeps. */
const RUN = 1 << 16;
/** Bytes of a run that are in memory while runs are merged. */
const WINDOW = 1 << 16;

/** Sorts any number of names by their bytes, in bounded memory. */
export class SortedNames implements Disposable {
  #names: string[] = [];
  #spill: SpillFile | null = null;
  readonly #runs: { readonly start: number; readonly end: number }[] = [];
  readonly #run: number;

  /** @param run names that are sorted in memory */
  constructor(run = RUN) {
    this.#run = run;
  }

  add(name: string): void {
    this.#names.push(name);
    if (this.#names.length >= this.#run) this.#writeRun();
  }

  /** All names, in order. Nothing may be added after it. */
  *[Symbol.iterator](): Generator<string> {
    this.#names.sort(compareBytes);
    if (this.#runs.length === 0) {
      yield* this.#names;
      return;
    }
    yield* merged([...this.#runs.map(({ start, end }) => readRun(this.#spill as SpillFile, start, end)), this.#names.values()]);
  }

  [Symbol.dispose](): void {
    this.#spill?.[Symbol.dispose]();
    this.#spill = null;
    this.#names = [];
  }

  #writeRun(): void {
    this.#spill ??= new SpillFile();
    const start = this.#spill.byteLength;
    // No name holds a slash inside of a folder but at its end, nor a NUL.
    this.#spill.append(Buffer.from(`${this.#names.sort(compareBytes).join("\0")}\0`));
    this.#runs.push({ start, end: this.#spill.byteLength });
    this.#names = [];
  }
}

function* readRun(file: SpillFile, start: number, end: number): Generator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for (let at = start; at < end; at += WINDOW) {
    const bytes = Buffer.concat([rest, file.read(at, Math.min(WINDOW, end - at))]);
    const last = bytes.lastIndexOf(0);
    rest = bytes.subarray(last + 1);
    if (last >= 0) yield* bytes.toString("utf8", 0, last).split("\0");
  }
}

/** Sorted sequences as one; the fewest of them are few, so that each step looks at all. */
function* merged(runs: readonly Iterator<string>[]): Generator<string> {
  const heads = runs.map((run) => ({ run, step: run.next() })).filter(({ step }) => !step.done);
  while (heads.length > 0) {
    let least = heads[0] as (typeof heads)[number];
    for (const head of heads) if (compareBytes(head.step.value, least.step.value) < 0) least = head;
    yield least.step.value;
    least.step = least.run.next();
    if (least.step.done) heads.splice(heads.indexOf(least), 1);
  }
}
