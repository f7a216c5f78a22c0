import { throwIfAborted } from "@normstream/tensor";
import type { HeaderSource } from "../bytes/header-source.js";
import type { ArrayReader, ReadOptions, StoredArray } from "../stored-array.js";
import { chooseColumns } from "../tables/column-choice.js";
import { tableArray } from "../tables/table-array.js";
import { csvReader } from "./csv-loading.js";
import { type Dialect, readCsvHead } from "./dialect.js";
import { type RowIndex, RowIndexBuilder } from "./row-index.js";

/** What the decoder of a CSV file has to know; plain data. */
export interface CsvDetails extends Dialect, RowIndex {
  /** Cells that are read, and what they are called. */
  readonly indices: readonly number[];
  readonly names: readonly string[];
}

/** Bytes that tell how a file is written. */
const HEAD_BYTES = 1 << 18;
const SCAN_BYTES = 1 << 20;
/** Bytes of memory that a byte of text takes while it is cells. */
const CELL_BYTES = 12;

/**
 * Reads a CSV file (RFC 4180, also with other delimiters) as a table `[N, C]` float64 of its columns of numbers. All of it is looked at
 * once, for where its rows begin.
 */
export const readCsv: ArrayReader = async (source, options) => ({
  format: "csv",
  isSelected: true,
  entries: [{ name: undefined, read: () => arrayOf(source, options) }],
});

async function arrayOf(source: HeaderSource, { select, signal }: ReadOptions): Promise<StoredArray> {
  const { name, path, identity, byteLength } = source;
  const head = await source.read(0, HEAD_BYTES);
  const { columns, delimiter, cells, byteOffset, line } = await readCsvHead(head, head.length === byteLength, name);
  const chosen = chooseColumns(columns, select, name);
  const index = await indexRows(source, byteOffset, line, signal);
  const hasNames = columns[0]?.name !== "column 0";
  const details: CsvDetails = {
    ...{ delimiter, cells },
    ...index,
    indices: chosen.map((column) => columns.indexOf(column)),
    names: chosen.map((column) => column.name),
  };
  const array = tableArray(
    chosen,
    index.rows,
    (_, rowBytes) => ({
      kind: "decoded",
      decoder: "csv",
      path,
      identity,
      details,
      chunkSamples: Math.min(index.rowsPerChunk, index.rows),
      chunkBytes: index.chunkBytes * CELL_BYTES + index.rowsPerChunk * rowBytes,
    }),
    [csvReader()],
    { file: name },
  );
  const { channelNames: _, ...withoutNames } = array;
  return hasNames ? array : withoutNames;
}

/** Looks at every byte once. */
async function indexRows(
  source: HeaderSource,
  byteOffset: number,
  line: number,
  signal: AbortSignal | undefined,
): Promise<RowIndex> {
  const head = await source.read(byteOffset, HEAD_BYTES);
  let lines = 1;
  for (const byte of head) if (byte === 10) lines++;
  const builder = new RowIndexBuilder(source.name, byteOffset, line, head.length / lines);
  for (let at = byteOffset; at < source.byteLength; ) {
    throwIfAborted(signal);
    const bytes = await source.read(at, SCAN_BYTES);
    if (bytes.length === 0) break;
    builder.push(bytes);
    at += bytes.length;
  }
  return builder.finish();
}
