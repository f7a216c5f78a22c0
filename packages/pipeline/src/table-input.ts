import { blockCount, ROW_BYTES } from "@normstream/moments";
import { throwIfAborted, usageError } from "@normstream/tensor";
import type { Statistics } from "./statistics.js";
import { openTable, readRows } from "./table-file.js";
import { type TableMeta, tableMetaOf } from "./table-meta.js";

/** Rows that are handed on at a time. */
const BAND_BYTES = 4 << 20;

/** A table to be read from first to last: in a file, or in memory. */
export interface TableInput {
  /** What messages call it: the file, or the input that the statistics are of. */
  readonly path: string;
  readonly meta: TableMeta;
  /** Whole blocks of rows, `[blocks, C, 8]` float64, in order; the receiver's own. */
  bands(signal: AbortSignal | undefined): AsyncIterable<Float64Array>;
}

/**
 * Makes a table ready to be read.
 * @param table path of a `.npz` file that holds one, or statistics that kept theirs
 * @throws NormstreamError: `usage` where the table was not kept, `data` where a file holds none, `io`
 */
export async function openTableInput(
  table: string | Statistics,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<TableInput> {
  if (typeof table === "string") {
    const file = await openTable(table, options);
    return { path: table, meta: file.meta, bands: (signal) => readRows(file, { signal }) };
  }
  const meta = tableMetaOf(table);
  if (!table.hasTable) {
    throw usageError("the table of moments was not kept", {
      file: meta.input,
      hint: "Compute the statistics with keepTable: true.",
    });
  }
  return { path: meta.input, meta, bands: (signal) => bandsOf(table, signal) };
}

async function* bandsOf(statistics: Statistics, signal: AbortSignal | undefined): AsyncGenerator<Float64Array> {
  const blocks = blockCount(statistics.table);
  const band = Math.max(1, Math.floor(BAND_BYTES / (statistics.table.channels * ROW_BYTES)));
  for (let block = 0; block < blocks; block += band) {
    throwIfAborted(signal);
    yield statistics.rows(block, Math.min(blocks, block + band));
  }
}
