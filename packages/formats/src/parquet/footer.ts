import { dataError } from "@normstream/tensor";
import type { AsyncBuffer, FileMetaData } from "hyparquet";
import { firstLine } from "../decoding-error.js";
import { loadHyparquet } from "./hyparquet-loading.js";

/** A footer larger than this is no footer. */
const MAX_FOOTER_BYTES = 1 << 30;

/** Bytes of a file as hyparquet asks for them. @param read fills a buffer, and gives how many bytes there were */
export const asyncBuffer = (byteLength: number, read: (from: number, length: number) => Promise<Uint8Array>): AsyncBuffer => ({
  byteLength,
  async slice(start, end = byteLength) {
    const bytes = await read(start, Math.max(0, end - start));
    return bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength
      ? (bytes.buffer as ArrayBuffer)
      : (bytes.slice().buffer as ArrayBuffer);
  },
});

/** Reads what a Parquet file says of itself at its end. @throws NormstreamError of kind `data` where that is damaged. */
export async function readFooter(file: AsyncBuffer, name: string): Promise<FileMetaData> {
  const where = { file: name, hint: "Copy or write the file again." };
  const tail = new Uint8Array(await file.slice(Math.max(0, file.byteLength - 8), file.byteLength));
  const magic = Buffer.from(tail.subarray(4)).toString("latin1");
  if (magic === "PARE") {
    throw dataError("the Parquet file is encrypted", { file: name, expected: "a file that is not", hint: "Decrypt it first." });
  }
  if (magic !== "PAR1" || file.byteLength < 12) {
    throw dataError("the Parquet file ends before its footer", { ...where, expected: '"PAR1" at its end' });
  }
  const footerBytes = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  if (footerBytes > Math.min(MAX_FOOTER_BYTES, file.byteLength - 12)) {
    throw dataError("the Parquet footer is longer than the file", { ...where, found: `${footerBytes} bytes` });
  }
  const { hyparquet } = await loadHyparquet();
  try {
    // Shapes and numbers are all that is wanted.
    return await hyparquet.parquetMetadataAsync(file, { geoparquet: false });
  } catch (cause) {
    throw dataError("the Parquet footer is damaged", { ...where, found: firstLine(cause), cause });
  }
}
