import { createHash } from "node:crypto";
import { blockCount, blockStart, ROW, TableBuilder, type TableShape } from "@normstream/moments";
import { geometryOf, throwIfAborted, usageError } from "@normstream/tensor";
import { DEFAULT_MEMORY_BYTES } from "../engine.js";
import { joinedNames, type MergeOptions, mergeTables } from "../merge-tables.js";
import { Statistics } from "../statistics.js";
import { TableStore } from "../table-store.js";
import { type BlockRows, equalBlocks, findRows } from "./find-rows.js";

/** Samples `from` to `to` (not included) of a table, counted from 0. */
export interface SampleRange {
  /** The first sample, and the first one after it that stays. */
  readonly samples: readonly [from: number, to: number];
}

/** Blocks `block` to `blockEnd` of the whole. */
interface Cut {
  readonly block: number;
  readonly blockEnd: number;
}

/** Rows that are refolded at a time. */
const BAND_BYTES = 4 << 20;

/**
 * Takes a part out of statistics, as if its samples had never been there: the rows that are left are folded again, so that every bit and
 * the digest are those of a pass over the rest alone. The part's rows are looked up among the whole's, bit by bit; nothing
 * is subtracted. (What was computed without its table is taken out by `removeSummary`.)
 *
 * @param whole path of a `.npz` file that holds a table, or statistics that kept theirs; not mutated
 * @param part a table, in the same forms, or a range of samples; its rows must begin and end where rows of the whole do
 * @returns statistics of the rest, a data set of its own; dispose of them
 * @throws NormstreamError: `usage` where the part is not in the whole, stands there at several places, ends inside a row, or is all
 *   there is; `data` for a damaged table; `io`; `aborted`
 */
export async function removeStatistics(
  whole: string | Statistics,
  part: string | Statistics | SampleRange,
  options: MergeOptions = {},
): Promise<Statistics> {
  const started = performance.now();
  using all = await loaded(whole, "the whole", options);
  if (isRange(part)) {
    const cut = cutOfRange(all.statistics, part.samples);
    return refolded(all.statistics, cut, `samples ${part.samples.join(" to ")}`, started, options);
  }
  using some = await loaded(part, "the part", options);
  checkFits(all.statistics, some.statistics);
  const cut = cutOfPart(all.statistics, some.statistics);
  return refolded(all.statistics, cut, some.statistics.facts.input, started, options);
}

/** A range has two numbers where statistics have one. */
const isRange = (part: string | Statistics | SampleRange): part is SampleRange =>
  typeof part === "object" && part !== null && Array.isArray(part.samples);

/** A table that can be read by block. One that came from a file is disposed of with this. */
async function loaded(
  table: string | Statistics,
  role: string,
  { memoryBytes, signal }: MergeOptions,
): Promise<Disposable & { statistics: Statistics }> {
  if (typeof table !== "string") {
    if (!(table instanceof Statistics)) {
      throw usageError(`${role} is no table`, { expected: "statistics of computeStatistics, or the path of a table (.npz)" });
    }
    if (!table.hasTable) {
      throw usageError("the table of moments was not kept", {
        file: table.facts.input,
        hint: "Compute the statistics with keepTable: true.",
      });
    }
    return { statistics: table, [Symbol.dispose]() {} };
  }
  const statistics = await mergeTables([table], { memoryBytes, signal });
  return { statistics, [Symbol.dispose]: () => statistics[Symbol.dispose]() };
}

const WORDS = { dtype: "dtype", channels: "channels", planeSize: "plane size", grain: "samples a row", batchSize: "batch size" };

function checkFits(whole: Statistics, part: Statistics): void {
  const mismatch = (what: string, expected: string, found: string) =>
    usageError(`the part does not fit the whole: ${what}`, {
      file: part.facts.input,
      expected: `${expected}, as in ${whole.facts.input}`,
      found,
    });
  for (const [key, word] of Object.entries(WORDS)) {
    const [a, b] = [whole, part].map(({ table }) => String(table[key as keyof TableShape]));
    if (a !== b) throw mismatch(word, String(a), String(b));
  }
  const [a, b] = [whole, part].map(({ facts }) => geometryOf(facts.shape, facts.layout).spatial.join("×"));
  if (a !== b) throw mismatch("planes", String(a), String(b));
}

/** Blocks restart here: at each batch where the table has batches, else at each row. */
const unitOf = ({ batchSize, grain }: TableShape): number => batchSize || grain;

/** Whether rows stay whole where samples `from` to `to` go: what follows must begin at the same place of a batch, or of a row. */
const isCleanCut = (table: TableShape, from: number, to: number): boolean =>
  to === table.samples || (to < table.samples && (to - from) % unitOf(table) === 0);

/** The block that begins at a sample; undefined where none does. */
function blockAt(table: TableShape, sample: number): number | undefined {
  if (sample === table.samples) return blockCount(table);
  const unit = unitOf(table);
  const within = sample % unit;
  if (within % table.grain !== 0) return undefined;
  return Math.floor(sample / unit) * Math.ceil(unit / table.grain) + within / table.grain;
}

function cutOfRange({ table, facts }: Statistics, [from, to]: SampleRange["samples"]): Cut {
  const file = facts.input;
  const { samples, grain, batchSize } = table;
  const exists = Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from < to && to <= samples;
  if (!exists) {
    throw usageError(`no samples ${from} to ${to}`, {
      file,
      expected: `0 ≤ from < to ≤ ${samples}, the samples before "to" being removed`,
    });
  }
  const [block, blockEnd] = [blockAt(table, from), blockAt(table, to)];
  if (block === undefined || blockEnd === undefined || !isCleanCut(table, from, to)) {
    const rows = batchSize > 0 ? `batches of ${batchSize} in rows of ${grain}` : `rows of ${grain}`;
    throw usageError(`samples ${from} to ${to} cut through rows of the table, which holds ${rows} samples`, {
      file,
      expected: `multiples of ${unitOf(table)} samples`,
      hint: "Compute the statistics with --norm instance (perInstance: true), which gives each sample rows of its own.",
    });
  }
  return { block, blockEnd };
}

function cutOfPart(whole: Statistics, part: Statistics): Cut {
  const { table, facts } = whole;
  const file = part.facts.input;
  if (part.samples === 0) throw usageError("the part holds no samples", { file });
  const allRows = rowsOf(whole);
  const partRows = rowsOf(part);
  const length = partRows.blocks;
  const fits = (block: number): boolean => {
    const from = blockStart(table, block);
    return block + length <= allRows.blocks && isCleanCut(table, from, from + part.samples);
  };
  // A part of the same input says itself where it stands.
  const from = part.facts.firstSample - facts.firstSample;
  const said = part.facts.totalSamples === facts.totalSamples && from >= 0 && from < table.samples && blockAt(table, from);
  if (typeof said === "number" && fits(said) && equalBlocks(allRows, said, partRows, 0, length) === length) {
    return { block: said, blockEnd: said + length };
  }
  const found = findRows(allRows, partRows, fits);
  if (found.kind === "one") return { block: found.block, blockEnd: found.block + length };
  if (found.kind === "several") {
    const [a, b] = found.blocks.map((block) => blockStart(table, block));
    throw usageError(`its rows stand in ${facts.input} twice, at sample ${a} and at sample ${b}`, {
      file,
      hint: `Say which ones to remove, for example samples ${a} to ${(a as number) + part.samples}.`,
    });
  }
  throw usageError(`its rows are not among those of ${facts.input}`, {
    file,
    expected: `${length} neighbouring rows that are the same to the bit`,
    hint: notFoundHint(table, part.samples),
  });
}

function notFoundHint(table: TableShape, samples: number): string {
  if (table.grain === 1) return "Only what was added can be removed.";
  return (
    `A row holds ${table.grain} samples, and the part's ${samples} must begin and end where rows do: ` +
    "compute both with --norm instance (perInstance: true)."
  );
}

const rowsOf = (statistics: Statistics): BlockRows => ({
  blocks: blockCount(statistics.table),
  width: statistics.table.channels * ROW,
  read: (from, to) => statistics.rows(from, to),
});

/** The statistics of all blocks but those of the cut. */
function refolded(whole: Statistics, cut: Cut, part: string, started: number, options: MergeOptions): Statistics {
  const { facts, table } = whole;
  const { signal, onProgress } = options;
  const blocks = blockCount(table);
  const samples = table.samples - (blockStart(table, cut.blockEnd) - blockStart(table, cut.block));
  if (samples === 0) {
    throw usageError("nothing would be left", { file: facts.input, expected: `less than its ${table.samples} samples` });
  }
  const rest: TableShape = { ...table, samples };
  const builder = new TableBuilder(rest, () => createHash("sha256"));
  const keep = options.keepTable ?? true;
  const store = keep
    ? new TableStore(table.channels, blockCount(rest), (options.memoryBytes ?? DEFAULT_MEMORY_BYTES) * 0.15)
    : null;
  const rowBytes = table.channels * ROW * 8;
  const totalBytes = (blocks - (cut.blockEnd - cut.block)) * rowBytes;
  const band = Math.max(1, Math.floor(BAND_BYTES / rowBytes));
  let bytes = 0;
  try {
    for (const [first, end] of [
      [0, cut.block],
      [cut.blockEnd, blocks],
    ] as const) {
      for (let block = first; block < end; block += band) {
        throwIfAborted(signal);
        const rows = whole.rows(block, Math.min(end, block + band));
        builder.push(rows);
        store?.push(rows);
        bytes += rows.byteLength;
        onProgress?.({ bytes, totalBytes });
      }
    }
    const seconds = (performance.now() - started) / 1000;
    const restFacts = {
      ...facts,
      input: `${facts.input} without ${joinedNames([part])}`,
      shape: [samples, ...facts.shape.slice(1)],
      firstSample: 0,
      totalSamples: samples,
      engine: "inline",
      threads: 1,
      bytes,
      resumedBytes: 0,
      seconds,
    };
    return new Statistics(restFacts, rest, builder.finish(), store);
  } catch (error) {
    store?.[Symbol.dispose]();
    throw error;
  }
}
