import { randomInt } from "node:crypto";
import { blockCount, ROW } from "@normstream/moments";
import { type Engine, readRows, type StatisticsOptions, statisticsOf, type TableFile } from "@normstream/pipeline";
import type { TensorSource } from "@normstream/tensor";

/** Parts that a table is cut into, and how many of them are read again. */
const PARTS = 64;
const SAMPLED_PARTS = 4;

/** What was found. */
export interface Finding {
  readonly holds: boolean;
  /** Samples that were read again. */
  readonly samples: number;
  readonly reason: string;
}

export interface VerifyRun {
  readonly source: TensorSource;
  readonly engine: Engine;
  readonly digest: string;
  readonly channelNames?: readonly string[] | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: StatisticsOptions["onProgress"];
}

/** Samples from the first number to before the second. */
export type SampleRange = readonly [from: number, to: number];

/** Reads everything again: the digest says whether it is the same. */
export async function verifyAll({ source, engine, digest, signal, onProgress }: VerifyRun, table?: TableFile): Promise<Finding> {
  const { grain = undefined, batchSize = 0 } = table?.meta ?? {};
  const cut = { perInstance: grain === 1, ...(batchSize > 0 ? { batchSize } : {}) };
  using statistics = await statisticsOf(source, engine, { ...cut, keepTable: false, nan: "propagate", signal, onProgress });
  const holds = statistics.digest === digest;
  const reason = holds ? "the digest is the same" : `the digest is ${statistics.digest}, and was ${digest}`;
  return { holds, samples: statistics.samples, reason };
}

/**
 * Reads some parts again, chosen by chance: their rows in the table have to be the same to the bit.
 * @param suspects samples whose files are not as they were: the parts that hold them are read too
 */
export async function verifySample(run: VerifyRun, table: TableFile, suspects: readonly SampleRange[]): Promise<Finding> {
  const { source, engine, channelNames, signal, onProgress } = run;
  const { grain, channels } = table.meta;
  const { of, chosen } = choose(source, table, suspects);
  const rowsOfTable = new TableCursor(table, signal);
  let samples = 0;
  let different: string | undefined;
  for (const index of chosen) {
    const cut = { part: { index, of }, perInstance: grain === 1 };
    using statistics = await statisticsOf(source, engine, { ...cut, keepTable: true, nan: "propagate", signal, onProgress });
    const { firstSample } = statistics.facts;
    samples += statistics.samples;
    const at = await rowsOfTable.firstDifference(Math.floor(firstSample / grain), statistics.rows());
    if (at === undefined) continue;
    const sample = firstSample + Math.floor(at / (channels * ROW)) * grain;
    const last = Math.min(sample + grain, table.meta.totalSamples) - 1;
    const channel = Math.floor(at / ROW) % channels;
    const where = last === sample ? `sample ${sample}` : `samples ${sample} to ${last}`;
    different = `${where}${filesOf(source, sample, last)}, channel ${channelNames?.[channel] ?? channel}: the values have changed`;
    break;
  }
  // Read to its end, where it is held against its own digest.
  await rowsOfTable.end();
  if (different !== undefined) return { holds: false, samples, reason: different };
  const rows = of === 1 ? "its rows" : `the rows of ${chosen.length} of ${of} parts`;
  return { holds: true, samples, reason: `${rows} are the same to the bit` };
}

/** Which parts are read, in order: the first and the last, some by chance, and those that hold suspects. */
function choose(
  { storage }: TensorSource,
  { meta }: TableFile,
  suspects: readonly SampleRange[],
): { readonly of: number; readonly chosen: readonly number[] } {
  const blocks = blockCount(meta);
  // Parts of one chunk would each decode all of it.
  const chunkSamples = ("chunkSamples" in storage ? storage.chunkSamples : undefined) ?? 1;
  const of = Math.max(1, Math.min(PARTS, blocks, Math.ceil(meta.samples / chunkSamples)));
  const chosen = new Set([0, of - 1]);
  while (chosen.size < Math.min(SAMPLED_PARTS, of)) chosen.add(randomInt(of));
  const start = (index: number) => Math.floor((blocks * index) / of) * meta.grain;
  for (let index = 0; index < of; index++) {
    if (suspects.some(([from, to]) => from < start(index + 1) && to > start(index))) chosen.add(index);
  }
  return { of, chosen: [...chosen].sort((a, b) => a - b) };
}

/** The file of a sample, or the first and the last of several, in parentheses; nothing where the input is one file. */
function filesOf({ storage }: TensorSource, first: number, last: number): string {
  if (!("slice" in storage)) return "";
  const names = [first, last].map((sample) => storage.slice(sample, sample + 1)[0]?.name ?? "");
  return names[0] === names[1] ? ` (${names[0]})` : ` (${names[0]} to ${names[1]})`;
}

/** The rows of a table from first to last: once, whatever is compared with them. */
class TableCursor {
  readonly #bands: AsyncIterator<Float64Array>;
  readonly #width: number;
  #band: Float64Array = new Float64Array();
  /** Place of the band's first number among all. */
  #at = 0;

  constructor(table: TableFile, signal: AbortSignal) {
    this.#bands = readRows(table, { signal })[Symbol.asyncIterator]();
    this.#width = table.meta.channels * ROW;
  }

  /** The place in `rows` of the first number that differs from the table's, from a block on; blocks only go up. */
  async firstDifference(block: number, rows: Float64Array): Promise<number | undefined> {
    const first = block * this.#width;
    for (let i = 0; i < rows.length; ) {
      const from = first + i - this.#at;
      if (from >= this.#band.length) {
        if (!(await this.#next())) return i;
        continue;
      }
      const count = Math.min(this.#band.length - from, rows.length - i);
      for (let j = 0; j < count; j++) if (!Object.is(this.#band[from + j], rows[i + j])) return i + j;
      i += count;
    }
    return undefined;
  }

  async end(): Promise<void> {
    while (await this.#next());
  }

  async #next(): Promise<boolean> {
    const step = await this.#bands.next();
    if (step.done) return false;
    this.#at += this.#band.length;
    this.#band = step.value;
    return true;
  }
}
