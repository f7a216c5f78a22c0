import { type DecodedStorage, dataError, type FileIdentity, type StoredTensor } from "@normstream/tensor";
import { openByteSource } from "../bytes/byte-source-opening.js";
import { firstLine } from "../decoding-error.js";
import type { RegionReader } from "../regions/region-reader.js";
import { elements, packedRows } from "../tables/packed-rows.js";
import { chunkedRegions, type RowChunk } from "../tables/row-chunks.js";
import { loadCsvParser } from "./csv-loading.js";
import { numberOfCell } from "./number.js";
import type { CsvDetails } from "./reader.js";

interface CsvChunk extends RowChunk {
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly line: number;
}

/** Decodes the numbers of a CSV file, some rows at a time. */
export async function decodeCsv(source: StoredTensor<DecodedStorage>): Promise<RegionReader> {
  const { storage, name, dtype } = source;
  const details = storage.details as CsvDetails;
  const { delimiter, cells, indices } = details;
  const parse = await loadCsvParser();
  const bytes = openByteSource(storage.path, storage.identity as FileIdentity);

  const decode = async (chunk: CsvChunk): Promise<Uint8Array> => {
    const text = Buffer.alloc(chunk.byteLength);
    await bytes.read(text, chunk.byteOffset);
    const options = { delimiter, relax_column_count: true, skip_empty_lines: true } as const;
    let rows: string[][];
    try {
      rows = parse(text, options);
    } catch (cause) {
      const { lines = 1 } = cause as { lines?: number };
      throw dataError(`line ${chunk.line + lines - 1} is no CSV`, { file: name, found: firstLine(cause), cause });
    }
    // Lines are counted only for who is told of one: cells in quotes may hold several.
    const lineOf = (row: number): number => {
      const counted = parse(text, { ...options, info: true, to: row }) as unknown as { info: { lines: number } }[];
      return chunk.line + (row === 0 ? 0 : (counted[row - 1]?.info.lines ?? row)) + blankLines(text, row, counted);
    };
    if (rows.length !== chunk.rows) {
      throw dataError(`from line ${chunk.line} on there are ${rows.length} rows`, { file: name, expected: `${chunk.rows}` });
    }
    const packed = packedRows(chunk.rows, indices.length, dtype);
    const out = elements(packed.bytes, dtype);
    for (let i = 0, place = 0; i < rows.length; i++) {
      const row = rows[i] as string[];
      if (row.length !== cells) throw badRow(row, cells, lineOf(i), name);
      for (let c = 0; c < indices.length; c++) {
        const cell = row[indices[c] as number] as string;
        const value = numberOfCell(cell);
        if (value === undefined) throw noNumber(cell, details.names[c] as string, lineOf(i), name);
        out[place++] = value;
      }
    }
    return packed.bytes;
  };

  return chunkedRegions(source, chunksOf(details), decode, bytes);
}

/** Lines without a cell that stand before a row and after the one before it. */
function blankLines(text: Buffer, row: number, before: { info: { lines: number } }[]): number {
  if (row > 0 && before.length < row) return 0;
  let at = 0;
  let left = row === 0 ? 0 : (before[row - 1]?.info.lines ?? 0);
  while (left > 0) {
    at = text.indexOf(10, at) + 1;
    if (at === 0) return 0;
    left--;
  }
  let blank = 0;
  while (text[at] === 10 || (text[at] === 13 && text[at + 1] === 10)) {
    blank++;
    at = text.indexOf(10, at) + 1;
  }
  return blank;
}

const badRow = (row: readonly string[], cells: number, line: number, file: string) =>
  dataError(`line ${line} has too ${row.length < cells ? "few" : "many"} cells`, {
    file,
    expected: `${cells}`,
    found: `${row.length}`,
    hint: row.length < cells ? "Leave cells empty where values are missing." : 'Put cells that hold the delimiter in "quotes".',
  });

const noNumber = (cell: string, column: string, line: number, file: string) =>
  dataError(`line ${line}, column ${column}: no number`, {
    file,
    found: JSON.stringify(cell.slice(0, 40)),
    hint: "Leave the cell empty where the value is missing, or the column out with --select.",
  });

function chunksOf({ offsets, lines, rows, rowsPerChunk }: CsvDetails): CsvChunk[] {
  return lines.map((line, i) => {
    const byteOffset = offsets[i] as number;
    const firstRow = i * rowsPerChunk;
    const byteLength = (offsets[i + 1] as number) - byteOffset;
    return { byteOffset, byteLength, line, firstRow, rows: Math.min(rowsPerChunk, rows - firstRow) };
  });
}
