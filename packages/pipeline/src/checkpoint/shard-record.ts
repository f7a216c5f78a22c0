import { ROW } from "@normstream/moments";
import type { ShardResult } from "../pass.js";

/** What a record says of a result beside its rows. Plain data. */
interface RecordHead extends Omit<ShardResult, "rows" | "nodes" | "error"> {
  /** Levels of the nodes whose rows follow; without it, rows of whole planes follow. */
  readonly levels?: readonly number[];
}

/**
 * A shard's result as bytes: the length of a JSON text (uint32, little-endian), the text, zeros up to a multiple of 8, rows as float64.
 * Numbers that JSON lacks are strings.
 */
export function encodeResult(result: ShardResult): Uint8Array<ArrayBuffer> {
  const { index, rect, bytes, nonFinite, missing, objects, written, nodes, blocks, images } = result;
  const head: RecordHead = {
    index,
    rect,
    bytes,
    ...(nonFinite ? { nonFinite } : {}),
    ...(missing ? { missing } : {}),
    ...(objects ? { objects } : {}),
    ...(written ? { written } : {}),
    ...(blocks !== undefined ? { blocks } : {}),
    ...(images ? { images } : {}),
    ...(nodes ? { levels: nodes.map(({ level }) => level) } : {}),
  };
  const text = new TextEncoder().encode(JSON.stringify(head, (_, value) => (isOdd(value) ? String(value) : value)));
  const parts = nodes ? nodes.map(({ rows }) => rows) : result.rows ? [result.rows] : [];
  const start = align(4 + text.length);
  const out = new Uint8Array(start + parts.reduce((sum, part) => sum + part.byteLength, 0));
  new DataView(out.buffer).setUint32(0, text.length, true);
  out.set(text, 4);
  let at = start;
  for (const part of parts) {
    out.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return out;
}

/** @param bytes as `encodeResult` made them, at a multiple of 8 of their buffer; the result views them */
export function decodeResult(bytes: Uint8Array<ArrayBuffer>): ShardResult {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as RecordHead;
  const { levels, nonFinite, ...rest } = head;
  const start = align(4 + length);
  const rows = new Float64Array(bytes.buffer, bytes.byteOffset + start, (bytes.length - start) / 8);
  const place = nonFinite ? { nonFinite: { ...nonFinite, value: Number(nonFinite.value) } } : {};
  if (!levels) return { ...rest, ...place, ...(rows.length > 0 ? { rows } : {}) };
  const width = (head.rect.channelEnd - head.rect.channel) * ROW;
  const nodes = levels.map((level, i) => ({ level, rows: rows.subarray(i * width, (i + 1) * width) }));
  return { ...rest, ...place, nodes };
}

const align = (length: number): number => (length + 7) & ~7;

const isOdd = (value: unknown): boolean => typeof value === "number" && !Number.isFinite(value);
