import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { deflateSync, gzipSync } from "node:zlib";
import type { DType } from "normstream";
import { encode, itemSizeOf, type SampleData, type Storage, shapeIn } from "./sample-data.js";

/** NumPy's letters. bfloat16 is none of them. */
const CODES: Partial<Record<DType, string>> = {
  float64: "f8",
  float32: "f4",
  float16: "f2",
  int32: "i4",
  int16: "i2",
  uint16: "u2",
  int8: "i1",
  uint8: "u1",
};

export type ZarrWay = "2" | "3" | "3 sharded";

/** Whether a version of Zarr holds a dtype. */
export const zarrHolds = (way: ZarrWay, dtype: DType): boolean => way !== "2" || dtype in CODES;

/** Writes a Zarr array by hand, apart from any library, in chunks that cut every axis, planes too. */
export function writeZarr(path: string, way: ZarrWay, data: SampleData, storage: Storage): void {
  const { layout, order = "C", bigEndian = false } = storage;
  const { dtype } = data;
  const shape = shapeIn(layout, data);
  const chunks = shape.map((extent) => Math.max(1, Math.ceil(extent / 2) - 1, Math.ceil(extent / 5)));
  const stored = encode(data, { layout, bigEndian });
  const size = itemSizeOf(dtype);
  const chunkAt = (index: readonly number[]) => chunkOf(stored, size, shape, chunks, index, order);
  const put = (key: string, bytes: Uint8Array | string) => {
    const file = join(path, key);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  };
  const grid = shape.map((extent, axis) => Math.ceil(extent / (chunks[axis] as number)));
  if (way === "2") {
    const document = {
      zarr_format: 2,
      shape,
      chunks,
      dtype: `${size === 1 ? "|" : bigEndian ? ">" : "<"}${CODES[dtype]}`,
      compressor: { id: "zlib", level: 1 },
      fill_value: 0,
      order,
      filters: null,
    };
    put(".zarray", JSON.stringify(document));
    for (const index of indices(grid)) put(index.join("."), deflateSync(chunkAt(index)));
    return;
  }
  const endian = { endian: bigEndian ? "big" : "little" };
  const transpose = { name: "transpose", configuration: { order: shape.map((_, axis) => shape.length - 1 - axis) } };
  const inner = [
    ...(order === "F" ? [transpose] : []),
    { name: "bytes", configuration: endian },
    { name: "gzip", configuration: { level: 1 } },
  ];
  const isSharded = way === "3 sharded";
  const shards = chunks.map((extent, axis) => extent * (axis % 2 === 0 ? 2 : 3));
  const index = [{ name: "bytes", configuration: { endian: "little" } }, { name: "crc32c" }];
  const sharding = { name: "sharding_indexed", configuration: { chunk_shape: chunks, codecs: inner, index_codecs: index } };
  const document = {
    zarr_format: 3,
    node_type: "array",
    shape,
    data_type: dtype,
    chunk_grid: { name: "regular", configuration: { chunk_shape: isSharded ? shards : chunks } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    codecs: isSharded ? [sharding] : inner,
    fill_value: 0,
    attributes: {},
  };
  put("zarr.json", JSON.stringify(document));
  if (!isSharded) {
    for (const at of indices(grid)) put(`c/${at.join("/")}`, gzipSync(chunkAt(at)));
    return;
  }
  const perShard = shards.map((extent, axis) => extent / (chunks[axis] as number));
  const shardGrid = shape.map((extent, axis) => Math.ceil(extent / (shards[axis] as number)));
  for (const shard of indices(shardGrid)) {
    const parts: Uint8Array[] = [];
    const entries: bigint[] = [];
    let offset = 0;
    for (const within of indices(perShard)) {
      const at = within.map((i, axis) => i + (shard[axis] as number) * (perShard[axis] as number));
      // What lies beyond the array's end is not stored.
      if (at.some((i, axis) => i >= (grid[axis] as number))) entries.push(2n ** 64n - 1n, 2n ** 64n - 1n);
      else {
        const bytes = gzipSync(chunkAt(at));
        parts.push(bytes);
        entries.push(BigInt(offset), BigInt(bytes.length));
        offset += bytes.length;
      }
    }
    const table = new Uint8Array(BigUint64Array.from(entries).buffer);
    const crc = Buffer.alloc(4);
    crc.writeUInt32LE(crc32c(table));
    put(`c/${shard.join("/")}`, Buffer.concat([...parts, table, crc]));
  }
}

/** A chunk's bytes, in C or Fortran order; beyond the array's end stands what may stand there. */
function chunkOf(
  stored: Uint8Array,
  size: number,
  shape: readonly number[],
  chunks: readonly number[],
  index: readonly number[],
  order: "C" | "F",
): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((a, b) => a * b, size)).fill(0x55);
  const strides = chunks.map((_, axis) =>
    (order === "C" ? chunks.slice(axis + 1) : chunks.slice(0, axis)).reduce((a, b) => a * b, 1),
  );
  for (const within of indices(chunks)) {
    const at = within.map((i, axis) => i + (index[axis] as number) * (chunks[axis] as number));
    if (at.some((i, axis) => i >= (shape[axis] as number))) continue;
    const from = at.reduce((sum, i, axis) => sum * (shape[axis] as number) + i, 0) * size;
    const to = within.reduce((sum, i, axis) => sum + i * (strides[axis] as number), 0) * size;
    bytes.set(stored.subarray(from, from + size), to);
  }
  return bytes;
}

/** All indices below these extents, the last axis fastest. */
function* indices(extents: readonly number[]): Generator<number[]> {
  const count = extents.reduce((a, b) => a * b, 1);
  for (let k = 0; k < count; k++) {
    let rest = k;
    const index = extents.map(() => 0);
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      index[axis] = rest % (extents[axis] as number);
      rest = Math.floor(rest / (extents[axis] as number));
    }
    yield index;
  }
}

/** CRC-32C (Castagnoli), bit by bit. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
