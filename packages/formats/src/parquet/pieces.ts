import type { FileMetaData } from "hyparquet";
import type { RowChunk } from "../tables/row-chunks.js";

/** Decoded rows that are kept at a time. */
const PIECE_BYTES = 16 << 20;

/** What a piece of a table is cut by. */
export interface RowSize {
  /** Bytes of a row, decoded. */
  readonly rowBytes: number;
  /** Values of each column: several for one of lists, whose row groups hyparquet decodes as a whole. */
  readonly valuesPerColumn: number;
}

/** The rows of a file in pieces: row groups, cut where they are large. */
export function piecesOf({ row_groups }: Pick<FileMetaData, "row_groups">, { rowBytes, valuesPerColumn }: RowSize): RowChunk[] {
  const most = valuesPerColumn > 1 ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
  const pieces: RowChunk[] = [];
  let firstRow = 0;
  for (const { num_rows } of row_groups) {
    const end = firstRow + Number(num_rows);
    for (; firstRow < end; firstRow += most) pieces.push({ firstRow, rows: Math.min(most, end - firstRow) });
    firstRow = end;
  }
  return pieces;
}

/** Bytes of stored pages that are asked for at a time, at most about. */
const ASKED_BYTES = 8 << 20;
/** What hyparquet makes of a value, where it may be missing or is in a dictionary or a list. */
const VALUE_BYTES = 16;

/**
 * Columns that are decoded together, so that neither their pages nor what becomes of them take more than some MiB; and the most that a
 * group takes, in bytes.
 */
export function columnGroups(
  { row_groups }: FileMetaData,
  names: readonly string[],
  size: RowSize,
): { readonly groups: readonly (readonly string[])[]; readonly bytes: number } {
  const stored = new Map<string, number>();
  for (const { columns } of row_groups) {
    for (const { meta_data } of columns) {
      const name = meta_data?.path_in_schema[0];
      if (!meta_data || name === undefined) continue;
      // Packed and unpacked, as far as a piece needs them.
      const size = Number(meta_data.total_compressed_size) + Number(meta_data.total_uncompressed_size);
      stored.set(name, Math.max(stored.get(name) ?? 0, size));
    }
  }
  const values = mostRows(piecesOf({ row_groups }, size)) * size.valuesPerColumn * VALUE_BYTES;
  const groups: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const name of names) {
    const own = (stored.get(name) ?? 0) + values;
    if (bytes + own > ASKED_BYTES) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(name);
    bytes += own;
    most = Math.max(most, bytes);
  }
  return { groups, bytes: most };
}

/** Rows of the largest piece. */
export const mostRows = (pieces: readonly RowChunk[]): number => pieces.reduce((most, { rows }) => Math.max(most, rows), 1);
