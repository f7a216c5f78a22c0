import { type DecodedStorage, dataError, type FileIdentity, type NormstreamError, type StoredTensor } from "@normstream/tensor";
import type { Data } from "apache-arrow";
import { openByteSource } from "../bytes/byte-source-opening.js";
import { halfToNumber } from "../bytes/widening.js";
import { decodingError } from "../decoding-error.js";
import type { RegionReader } from "../regions/region-reader.js";
import { type ColumnValues, packColumn, packedRows } from "../tables/packed-rows.js";
import { chunkedRegions, type RowChunk } from "../tables/row-chunks.js";
import { loadArrow } from "./arrow-loading.js";
import type { ArrowDetails } from "./reader.js";

/** One record batch, and where its message stands. */
interface Batch extends RowChunk {
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** Decodes the columns of an Arrow file, a record batch at a time. */
export async function decodeArrow(source: StoredTensor<DecodedStorage>): Promise<RegionReader> {
  const { storage, name, dtype } = source;
  const { fields, names, valuesPerColumn, schema, batches } = storage.details as ArrowDetails;
  const bytes = openByteSource(storage.path, storage.identity as FileIdentity);
  try {
    const { RecordBatchReader } = await loadArrow();
    const width = fields.length * valuesPerColumn;
    const head = Buffer.from(schema, "base64");

    const decode = async ({ byteOffset, byteLength, firstRow, rows }: Batch): Promise<Uint8Array> => {
      // A stream of the schema and this batch alone.
      const message = new Uint8Array(head.length + byteLength);
      message.set(head);
      await bytes.read(message.subarray(head.length), byteOffset);
      const batch = RecordBatchReader.from(message).open().next().value;
      const found = batch?.numRows ?? 0;
      if (!batch || found !== rows) throw new Error(`${found} rows instead of ${rows}`);
      const target = packedRows(rows, width, dtype);
      for (const [i, field] of fields.entries()) {
        const column = names[i] as string;
        let data = batch.data.children[field] as Data;
        while (data.children[0]) {
          if (data.nullCount > 0) throw missingList(data, firstRow, column, name);
          data = data.children[0];
        }
        const where = { file: name, column, firstRow };
        if (valuesPerColumn === 1) packColumn(target, valuesOf(data, rows), i, 0, where);
        else packColumn({ ...target, width: 1 }, valuesOf(data, rows * valuesPerColumn), 0, 0, where);
      }
      return target.bytes;
    };

    return chunkedRegions(
      source,
      chunksOf(batches),
      (chunk) =>
        decode(chunk).catch((cause) => {
          throw decodingError("the record batch cannot be decoded", cause, {
            file: name,
            byteOffset: chunk.byteOffset,
            hint: "Write the file again.",
          });
        }),
      bytes,
    );
  } catch (error) {
    bytes[Symbol.dispose]();
    throw error;
  }
}

function chunksOf(batches: readonly number[]): Batch[] {
  const chunks: Batch[] = [];
  let firstRow = 0;
  for (let i = 0; i < batches.length; i += 3) {
    const [byteOffset, byteLength, rows] = batches.slice(i, i + 3) as [number, number, number];
    chunks.push({ byteOffset, byteLength, firstRow, rows });
    firstRow += rows;
  }
  return chunks;
}

/** A column's values as they stand; undefined where one is missing. */
function valuesOf(data: Data, count: number): ColumnValues {
  const stored = data.values as Exclude<ColumnValues, readonly unknown[]>;
  const isHalf = data.values instanceof Uint16Array && data.type.toString() === "Float16";
  if (stored.length < count) throw new Error(`${stored.length} values instead of ${count}`);
  if (!isHalf && data.nullCount === 0) return (data.values as Uint8Array).subarray(0, count);
  const values = new Array<number | bigint | undefined>(count);
  for (let i = 0; i < count; i++) {
    const value = stored[i] as number | bigint;
    values[i] = data.nullCount > 0 && !data.getValid(i) ? undefined : isHalf ? halfToNumber(value as number) : value;
  }
  return values;
}

function missingList(data: Data, firstRow: number, column: string, file: string): NormstreamError {
  let row = 0;
  while (row < data.length && data.getValid(row)) row++;
  return dataError(`row ${firstRow + row}, column ${column}: the list is missing`, {
    file,
    expected: "a list in each row",
    hint: "Leave out rows that are missing.",
  });
}
