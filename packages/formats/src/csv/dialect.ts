import { dataError } from "@normstream/tensor";
import { firstLine } from "../decoding-error.js";
import type { Column } from "../tables/column-type.js";
import { loadCsvParser } from "./csv-loading.js";
import { numberOfCell } from "./number.js";

/** How the cells of a file are told apart; plain data. */
export interface Dialect {
  readonly delimiter: string;
  /** Cells of a row. */
  readonly cells: number;
}

/** What the first rows of a file say. */
export interface CsvHead extends Dialect {
  readonly columns: readonly Column[];
  /** Where the rows begin: after a byte order mark and the names. */
  readonly byteOffset: number;
  /** Line that the first row of data stands on, counted from 1. */
  readonly line: number;
}

const DELIMITERS = [",", ";", "\t", "|"] as const;
/** Rows that tell which columns are numbers. */
const SAMPLED_ROWS = 1000;
const QUOTE = 34;
const NEWLINE = 10;
const RETURN = 13;

/**
 * Reads how a file is written from its first bytes: what its cells end with, its columns' names, and which of them are numbers. The first
 * row is names unless all its cells are numbers.
 * @param head the first bytes. @param isWhole whether that is all of the file
 * @throws NormstreamError of kind `data` for text that is not UTF-8, or a first row that does not end.
 */
export async function readCsvHead(head: Uint8Array, isWhole: boolean, file: string): Promise<CsvHead> {
  const start = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff) || head.includes(0)) {
    throw dataError("the text is not UTF-8", { file, hint: "Write it again as UTF-8." });
  }
  const end = isWhole ? head.length : lastRowEnd(head, start);
  if (end <= start) {
    throw dataError(isWhole ? "the table has no rows" : `no row ends in the first ${head.length} bytes`, {
      file,
      expected: "rows of cells, one a line",
    });
  }
  const first = rowEnd(head, skipBlank(head, start), end);
  const delimiter = delimiterOf(head.subarray(start, first));
  const parse = await loadCsvParser();
  let rows: string[][];
  try {
    rows = parse(Buffer.from(head.buffer, head.byteOffset + start, end - start), {
      delimiter,
      relax_column_count: true,
      skip_empty_lines: true,
      to: SAMPLED_ROWS + 1,
    });
  } catch (cause) {
    throw dataError("the first rows are no CSV", { file, found: firstLine(cause), cause });
  }
  const [names] = rows;
  if (!names) throw dataError("the table has no rows", { file, expected: "rows of cells, one a line" });
  const hasNames = !names.every((cell) => numberOfCell(cell) !== undefined);
  const sample = hasNames ? rows.slice(1) : rows;
  const columns = names.map((name, i) => columnOf(hasNames ? name.trim() : `column ${i}`, i, sample));
  const byteOffset = hasNames ? first : start;
  let line = 1;
  for (let i = 0; i < byteOffset; i++) if (head[i] === NEWLINE) line++;
  return { delimiter, cells: names.length, columns, byteOffset, line };
}

function columnOf(name: string, index: number, sample: readonly (readonly string[])[]): Column {
  const isNumber = sample.every((row) => row[index] === undefined || numberOfCell(row[index]) !== undefined);
  return isNumber
    ? { name, type: "float64", typeName: "float64", isNullable: true, shape: [] }
    : { name, type: undefined, typeName: "text", isNullable: false, shape: [] };
}

/** What stands most often between the cells of the first row, outside of quotes. */
function delimiterOf(row: Uint8Array): string {
  const text = Buffer.from(row.buffer, row.byteOffset, row.length)
    .toString("utf8")
    .replace(/"[^"]*"/g, "");
  const counts = DELIMITERS.map((delimiter) => text.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] as string;
}

function skipBlank(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === NEWLINE || bytes[at] === RETURN) at++;
  return at;
}

/** Where the row that begins at `from` ends: after its newline. */
function rowEnd(bytes: Uint8Array, from: number, end: number): number {
  let isQuoted = false;
  for (let i = from; i < end; i++) {
    if (bytes[i] === QUOTE) isQuoted = !isQuoted;
    else if (bytes[i] === NEWLINE && !isQuoted) return i + 1;
  }
  return end;
}

function lastRowEnd(bytes: Uint8Array, from: number): number {
  let isQuoted = false;
  let last = from;
  for (let i = from; i < bytes.length; i++) {
    if (bytes[i] === QUOTE) isQuoted = !isQuoted;
    else if (bytes[i] === NEWLINE && !isQuoted) last = i + 1;
  }
  return last;
}
