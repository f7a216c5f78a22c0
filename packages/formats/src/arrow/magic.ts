/** Stands before the length of a header since Arrow 0.15. */
export const CONTINUATION = 0xffffffff;

/** The magic bytes of the file format, padded; the stream format has none. */
export const FILE_START = "ARROW1\0\0";
/** The last bytes of the file format. */
export const FILE_END = "ARROW1";

/** Whether bytes begin as an Arrow IPC file does. */
export const isArrowFile = (head: Uint8Array): boolean => Buffer.from(head.subarray(0, 6)).toString("latin1") === FILE_END;

/** A stream begins with the length of its schema's header. */
export function isArrowStream(head: Uint8Array, byteLength: number): boolean {
  if (head.length < 12) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const length = view.getInt32(4, true);
  return view.getUint32(0, true) === CONTINUATION && length > 0 && length % 8 === 0 && length + 8 <= byteLength;
}
