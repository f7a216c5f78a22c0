import { createHash } from "node:crypto";
import { blockCount, TableBuilder, type TableShape } from "@normstream/moments";
import { geometryOf, throwIfAborted, usageError } from "@normstream/tensor";
import { DEFAULT_MEMORY_BYTES } from "./engine.js";
import type { Progress } from "./progress.js";
import { Statistics } from "./statistics.js";
import { openTableInput, type TableInput } from "./table-input.js";
import { rowsShape, type TableMeta } from "./table-meta.js";
import { TableStore } from "./table-store.js";

/** How tables are folded: what is kept, in how much memory. */
export interface MergeOptions {
  /** Keep the merged table, to write it or to take norms from it; default true. */
  readonly keepTable?: boolean | undefined;
  /** The merged table goes to a temporary file beyond 15 % of this; default 512 MB. */
  readonly memoryBytes?: number | undefined;
  /** Aborts: the promise is rejected with an error of kind `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each band of rows, with the bytes of the table. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Merges tables into one, with the digest that one pass over all of their samples would give. Parts of one input come in any order
 * and are put in the order of their samples; whole inputs are joined in the order given, as if their files were one.
 *
 * @param tables paths of `.npz` files that hold tables, or statistics that kept theirs; not mutated
 * @throws NormstreamError: `usage` for tables that do not fit each other, parts that overlap or leave a gap; `data` for a table that
 *   is damaged; `io`; `aborted`
 */
export async function mergeTables(tables: readonly (string | Statistics)[], options: MergeOptions = {}): Promise<Statistics> {
  const { signal, onProgress } = options;
  const started = performance.now();
  const files: TableInput[] = [];
  for (const table of tables) {
    throwIfAborted(signal);
    files.push(await openTableInput(table, { signal }));
  }
  const ordered = inOrder(files);
  const meta = mergedMeta(ordered);
  const builder = new TableBuilder(meta, () => createHash("sha256"));
  const keep = options.keepTable ?? true;
  const store = keep
    ? new TableStore(meta.channels, blockCount(meta), (options.memoryBytes ?? DEFAULT_MEMORY_BYTES) * 0.15)
    : null;
  const totalBytes = files.reduce((sum, { meta }) => sum + rowsShape(meta).reduce((a, b) => a * b, 8), 0);
  let bytes = 0;
  try {
    for (const file of ordered) {
      for await (const band of file.bands(signal)) {
        builder.push(band);
        store?.push(band);
        bytes += band.byteLength;
        onProgress?.({ bytes, totalBytes });
      }
    }
    const { input, shape, firstSample, totalSamples, dtype, layout, nan } = meta;
    const seconds = (performance.now() - started) / 1000;
    const run = { engine: "inline", threads: 1, bytes, resumedBytes: 0, seconds };
    const facts = { input, shape, firstSample, totalSamples, dtype, layout, nan, ...run };
    return new Statistics(facts, meta, builder.finish(), store);
  } catch (error) {
    store?.[Symbol.dispose]();
    throw error;
  }
}

/** What all tables of a merge must agree in; the words are for messages. */
const COMMON = {
  dtype: "dtype",
  channels: "channels",
  planeSize: "plane size",
  grain: "samples a row",
  batchSize: "batch size",
} as const;

/** The tables in the order of their samples. @throws NormstreamError of kind `usage` where they do not fit each other. */
function inOrder(files: readonly TableInput[]): readonly TableInput[] {
  const [first] = files;
  if (!first) throw usageError("no tables to merge");
  for (const file of files) checkFits(file, first);
  const areParts = files.some(({ meta }) => meta.samples < meta.totalSamples);
  const ordered = areParts ? partsInOrder(files, first) : files;
  const lastFull = ordered.findLastIndex(({ meta }) => meta.samples > 0);
  for (const { meta, path } of ordered.slice(0, Math.max(0, lastFull))) {
    const unit = meta.batchSize || meta.grain;
    if (meta.samples % unit !== 0) {
      throw usageError(
        `its ${meta.samples} samples end inside a ${meta.batchSize ? "batch" : "row"}, so that no table can follow it`,
        {
          file: path,
          expected: `a multiple of ${unit} samples`,
          hint: "Give it as the last one, or compute all tables with --norm instance.",
        },
      );
    }
  }
  return ordered;
}

function checkFits(file: TableInput, first: TableInput): void {
  for (const key of Object.keys(COMMON) as (keyof typeof COMMON)[]) {
    if (file.meta[key] !== first.meta[key])
      throw mismatch(COMMON[key], String(first.meta[key]), String(file.meta[key]), file, first);
  }
  if (file.meta.nan !== first.meta.nan) throw mismatch("NaN policy", first.meta.nan, file.meta.nan, file, first);
  const [expected, found] = [first, file].map(({ meta }) => geometryOf(meta.shape, meta.layout).spatial.join("×"));
  if (found !== expected) throw mismatch("planes", String(expected), String(found), file, first);
}

const mismatch = (what: string, expected: string, found: string, file: TableInput, first: TableInput) =>
  usageError(`the tables do not fit each other: ${what}`, {
    file: file.path,
    expected: `${expected}, as in ${first.path}`,
    found,
  });

function partsInOrder(files: readonly TableInput[], first: TableInput): readonly TableInput[] {
  const { totalSamples } = first.meta;
  const stranger = files.find(({ meta }) => meta.totalSamples !== totalSamples);
  if (stranger) {
    throw usageError(
      `the tables are parts of different inputs: of ${totalSamples} and of ${stranger.meta.totalSamples} samples`,
      {
        file: stranger.path,
        hint: "Merge the parts of each input first, then the results.",
      },
    );
  }
  const sorted = files.toSorted((a, b) => a.meta.firstSample - b.meta.firstSample || a.meta.samples - b.meta.samples);
  let previous: TableInput | undefined;
  for (const file of sorted) {
    const next = previous ? previous.meta.firstSample + previous.meta.samples : file.meta.firstSample;
    const { firstSample } = file.meta;
    if (firstSample < next) {
      throw usageError(`two tables hold sample ${firstSample}`, {
        file: file.path,
        hint: `The other one is ${previous?.path}. Merge the parts of each input alone.`,
      });
    }
    if (firstSample > next) {
      throw usageError(`samples ${next} to ${firstSample - 1} are missing`, {
        file: file.path,
        hint: "Give the parts between too.",
      });
    }
    previous = file;
  }
  return sorted;
}

/** What the merged table is a table of; its digest is not known yet. */
function mergedMeta(files: readonly TableInput[]): Omit<TableMeta, "digest"> & TableShape {
  const { digest: _, ...first } = (files[0] as TableInput).meta;
  const samples = files.reduce((sum, { meta }) => sum + meta.samples, 0);
  const arePart = files.some(({ meta }) => meta.samples < meta.totalSamples);
  const input = joinedNames(files.map(({ meta }) => meta.input));
  if (arePart) return { ...first, input, samples };
  return { ...first, input, samples, totalSamples: samples, shape: [samples, ...first.shape.slice(1)] };
}

/** Names without repetition, on one line whatever their number. */
export function joinedNames(names: readonly string[]): string {
  const distinct = [...new Set(names)];
  const shown = distinct.slice(0, 8).join(", ");
  return distinct.length > 8 ? `${shown} and ${distinct.length - 8} more` : shown;
}
