import { decodeResult, encodeResult, type ShardResult } from "@normstream/pipeline";
import { dataError } from "@normstream/tensor";

/** Sixteen bytes, so that what follows stands at a multiple of 8. */
const MAGIC = new TextEncoder().encode("normstream/seg/1");
/** Before each record: its bytes and its shard, uint32 little-endian. */
const FRAME = 8;

/** The results of some shards in one object. The same results give the same bytes, whoever computed them. */
export function encodeSegment(results: readonly ShardResult[]): Uint8Array {
  return pack(results.map((result) => ({ index: result.index, bytes: encodeResult(result) })));
}

/** One segment out of several, in order of shard; a shard that is in two of them comes once. */
export function joinSegments(segments: readonly Uint8Array<ArrayBuffer>[], name: string): Uint8Array {
  const records = new Map<number, Uint8Array>();
  for (const segment of segments) for (const [index, bytes] of recordsOf(segment, name)) records.set(index, bytes);
  return pack([...records].sort(([a], [b]) => a - b).map(([index, bytes]) => ({ index, bytes })));
}

/** Where each shard's record stands in a segment. @throws NormstreamError of kind `data` where it is damaged */
export function recordsOf(segment: Uint8Array<ArrayBuffer>, name: string): Map<number, Uint8Array<ArrayBuffer>> {
  const damaged = () => dataError("a partial result is damaged", { file: name, hint: "Remove it, and resume the run." });
  if (segment.length < MAGIC.length || !MAGIC.every((byte, i) => byte === segment[i])) throw damaged();
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  const records = new Map<number, Uint8Array<ArrayBuffer>>();
  for (let at = MAGIC.length; at < segment.length; ) {
    if (at + FRAME > segment.length) throw damaged();
    const length = view.getUint32(at, true);
    const start = at + FRAME;
    if (start + length > segment.length) throw damaged();
    records.set(view.getUint32(at + 4, true), segment.subarray(start, start + length));
    at = start + length;
  }
  return records;
}

/** A record's result: the receiver's own, its rows view the record. */
export const resultOf = (record: Uint8Array<ArrayBuffer>): ShardResult => decodeResult(record);

function pack(records: readonly { readonly index: number; readonly bytes: Uint8Array }[]): Uint8Array {
  const length = records.reduce((sum, { bytes }) => sum + FRAME + bytes.length, MAGIC.length);
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  out.set(MAGIC);
  let at = MAGIC.length;
  for (const { index, bytes } of records) {
    view.setUint32(at, bytes.length, true);
    view.setUint32(at + 4, index, true);
    out.set(bytes, at + FRAME);
    at += FRAME + bytes.length;
  }
  return out;
}
