import { type DecodedStorage, dataError, type FileIdentity, itemSize, type StoredTensor } from "@normstream/tensor";
import { openByteSource } from "../bytes/byte-source-opening.js";
import { decodingError } from "../decoding-error.js";
import type { RegionReader } from "../regions/region-reader.js";
import { type ColumnValues, packColumn, packedRows } from "../tables/packed-rows.js";
import { chunkedRegions, type RowChunk } from "../tables/row-chunks.js";
import { asyncBuffer, readFooter } from "./footer.js";
import { loadHyparquet } from "./hyparquet-loading.js";
import { columnGroups, piecesOf } from "./pieces.js";
import type { ParquetDetails } from "./reader.js";

/** Decodes the columns of a Parquet file, some of its rows at a time. */
export async function decodeParquet(source: StoredTensor<DecodedStorage>): Promise<RegionReader> {
  const { storage, name, dtype } = source;
  const { columns, valuesPerColumn } = storage.details as ParquetDetails;
  const bytes = openByteSource(storage.path, storage.identity as FileIdentity);
  const file = asyncBuffer(bytes.byteLength, async (from, length) => {
    const target = new Uint8Array(Math.min(length, bytes.byteLength - from));
    const count = await bytes.read(target, from);
    return target.subarray(0, count);
  });
  try {
    const { hyparquet, compressors } = await loadHyparquet();
    const metadata = await readFooter(file, name);
    const width = columns.length * valuesPerColumn;
    const size = { rowBytes: width * itemSize(dtype), valuesPerColumn };
    const { groups } = columnGroups(metadata, columns, size);

    const decode = async ({ firstRow, rows }: RowChunk): Promise<Uint8Array> => {
      const target = packedRows(rows, width, dtype);
      const found = new Map<string, number>();
      const take = (column: string, values: ArrayLike<unknown>, from: number) => {
        // Pages may begin before the rows and end after them.
        const skip = Math.max(0, firstRow - from);
        const count = Math.min(values.length, firstRow + rows - from) - skip;
        if (count <= 0) return;
        const part = skip === 0 && count === values.length ? values : sliceOf(values, skip, skip + count);
        const at = columns.indexOf(column) * valuesPerColumn;
        const row = from + skip - firstRow;
        const where = { file: name, column, firstRow };
        if (valuesPerColumn === 1) packColumn(target, part as ColumnValues, at, row, where);
        else {
          for (let i = 0; i < count; i++) {
            const values = flatList(part[i], valuesPerColumn, firstRow + row + i, column, name);
            packColumn({ ...target, width: 1 }, values, 0, (row + i) * width + at, where);
          }
        }
        found.set(column, (found.get(column) ?? 0) + count);
      };
      for (const group of groups) {
        // What hyparquet calls must not throw: it is outside of its promise.
        let failure: unknown;
        await hyparquet.parquetRead({
          file,
          metadata,
          compressors,
          columns: [...group],
          rowStart: firstRow,
          rowEnd: firstRow + rows,
          useOffsetIndex: true,
          utf8: false,
          geoparquet: false,
          onChunk: ({ columnName, columnData, rowStart }) => {
            try {
              take(columnName, columnData as ArrayLike<unknown>, rowStart);
            } catch (error) {
              failure ??= error;
            }
          },
        });
        if (failure) throw failure;
      }
      for (const column of columns) {
        const count = found.get(column) ?? 0;
        if (count !== rows) {
          throw dataError(`column ${column} holds ${count} of rows ${firstRow} to ${firstRow + rows - 1}`, {
            file: name,
            expected: `${rows}`,
            hint: "Write the file again.",
          });
        }
      }
      return target.bytes;
    };

    return chunkedRegions(
      source,
      piecesOf(metadata, size),
      (chunk) =>
        decode(chunk).catch((cause) => {
          const rows = `rows ${chunk.firstRow} to ${chunk.firstRow + chunk.rows - 1}`;
          throw decodingError(`${rows} cannot be decoded`, cause, { file: name, hint: "Write the file again." });
        }),
      bytes,
    );
  } catch (error) {
    bytes[Symbol.dispose]();
    throw error;
  }
}

const sliceOf = (values: ArrayLike<unknown>, from: number, to: number): ArrayLike<unknown> =>
  ArrayBuffer.isView(values)
    ? (values as unknown as Uint8Array).subarray(from, to)
    : Array.prototype.slice.call(values, from, to);

/** The values of a list of lists, one after the other. @throws NormstreamError of kind `data` where there are not as many as there should be. */
function flatList(list: unknown, expected: number, row: number, column: string, file: string): ColumnValues {
  const values: unknown[] = [];
  const add = (value: unknown) => {
    if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
      for (const inner of value as Iterable<unknown>) add(inner);
    } else values.push(value);
  };
  add(list);
  if (values.length !== expected) {
    throw dataError(`row ${row}, column ${column}: a list of another size`, {
      file,
      expected: `${expected} values`,
      found: list === null || list === undefined ? "none" : `${values.length}`,
      hint: "Leave out rows that are missing.",
    });
  }
  return values as unknown as ColumnValues;
}
