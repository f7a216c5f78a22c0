import { dataError, type ErrorDetails } from "@normstream/tensor";
import type { Message, Schema } from "apache-arrow";
import type { HeaderSource } from "../bytes/header-source.js";
import { decodingError } from "../decoding-error.js";
import { loadArrow } from "./arrow-loading.js";
import { CONTINUATION, FILE_END, FILE_START, isArrowFile } from "./magic.js";

/** The header of a record batch. */
export type BatchHeader = ReturnType<Message<3>["header"]>;

/** A record batch: where its message stands, header and body, and what the header says. */
export interface StoredBatch {
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly header: BatchHeader;
}

/** A header larger than this is none. */
const MAX_HEADER_BYTES = 256 << 20;

/**
 * The schema and the record batches of an Arrow file or stream, in their order: headers alone are read.
 * @param onSchema called first
 * @throws NormstreamError of kind `data` where they are damaged, or end early.
 */
export async function* arrowBatches(
  source: HeaderSource,
  onSchema: (schema: Schema) => void | Promise<void>,
): AsyncGenerator<StoredBatch> {
  const where = { file: source.name, hint: "Copy or write the file again." };
  // Footers are decoded by what the library adds to its schemas when it is loaded.
  await loadArrow();
  try {
    if (isArrowFile(await source.read(0, 8))) yield* fileBatches(source, onSchema, where);
    else yield* streamBatches(source, onSchema, where);
  } catch (cause) {
    throw decodingError("the headers of the Arrow data are damaged", cause, where);
  }
}

/** A file says at its end where its batches are. */
async function* fileBatches(
  source: HeaderSource,
  onSchema: (schema: Schema) => void | Promise<void>,
  where: ErrorDetails,
): AsyncGenerator<StoredBatch> {
  const { Footer } = await import("apache-arrow/ipc/metadata/file");
  const end = source.byteLength - 4 - FILE_END.length;
  const tail = await source.read(Math.max(0, end), 4 + FILE_END.length);
  if (Buffer.from(tail.subarray(4)).toString("latin1") !== FILE_END) {
    throw dataError("the Arrow data end early", { ...where, expected: `"${FILE_END}" at their end` });
  }
  const footerBytes = new DataView(tail.buffer, tail.byteOffset).getInt32(0, true);
  if (footerBytes <= 0 || footerBytes > Math.min(MAX_HEADER_BYTES, end - FILE_START.length)) {
    throw dataError("no Arrow footer", { ...where, found: `one of ${footerBytes} bytes` });
  }
  const footer = Footer.decode(await source.read(end - footerBytes, footerBytes));
  await onSchema(footer.schema);
  for (const { offset } of footer.recordBatches()) {
    const found = await readMessage(source, Number(offset), where);
    if (!found?.message.isRecordBatch()) throw dataError("no record batch", { ...where, byteOffset: Number(offset) });
    const { byteOffset, byteLength, message } = found;
    yield { byteOffset, byteLength, header: message.header() as BatchHeader };
  }
}

async function* streamBatches(
  source: HeaderSource,
  onSchema: (schema: Schema) => void | Promise<void>,
  where: ErrorDetails,
): AsyncGenerator<StoredBatch> {
  let hasSchema = false;
  for (let at = 0; at < source.byteLength; ) {
    const found = await readMessage(source, at, where);
    if (!found) return;
    const { byteOffset, byteLength, message } = found;
    at = byteOffset + byteLength;
    if (message.isSchema()) {
      hasSchema = true;
      await onSchema(message.header() as unknown as Schema);
    } else if (!hasSchema) throw dataError("the Arrow data have no schema", where);
    else if (message.isRecordBatch()) yield { byteOffset, byteLength, header: message.header() as BatchHeader };
  }
}

/** The message at a place; undefined for the mark that no more follow. */
async function readMessage(
  source: HeaderSource,
  byteOffset: number,
  where: ErrorDetails,
): Promise<{ readonly byteOffset: number; readonly byteLength: number; readonly message: Message } | undefined> {
  const { Message } = await loadArrow();
  const at = { ...where, byteOffset };
  const left = source.byteLength - byteOffset;
  const cut = (expected: number) =>
    dataError("the Arrow data end early", { ...at, expected: `${expected} bytes`, found: `${left}` });
  const prefix = await source.read(byteOffset, 8);
  if (prefix.length < 8) throw cut(8);
  const view = new DataView(prefix.buffer, prefix.byteOffset, 8);
  const isNew = view.getUint32(0, true) === CONTINUATION;
  const headerBytes = view.getInt32(isNew ? 4 : 0, true);
  if (headerBytes === 0) return undefined;
  const before = isNew ? 8 : 4;
  if (headerBytes < 0 || headerBytes > MAX_HEADER_BYTES) {
    throw dataError("no Arrow message", { ...at, found: `a header of ${headerBytes} bytes` });
  }
  if (before + headerBytes > left) throw cut(before + headerBytes);
  const message = Message.decode(await source.read(byteOffset + before, headerBytes));
  const byteLength = before + headerBytes + message.bodyLength;
  if (!(message.bodyLength >= 0) || byteLength > left) throw cut(byteLength);
  return { byteOffset, byteLength, message };
}

/** A schema as the message that a stream begins with, by which each batch can be read alone. */
export async function schemaMessage(schema: Schema): Promise<Uint8Array> {
  const { Message } = await loadArrow();
  const header = Message.encode(Message.from(schema, 0));
  const padded = Math.ceil(header.length / 8) * 8;
  const message = new Uint8Array(8 + padded);
  const view = new DataView(message.buffer);
  view.setUint32(0, CONTINUATION, true);
  view.setInt32(4, padded, true);
  message.set(header, 8);
  return message;
}
