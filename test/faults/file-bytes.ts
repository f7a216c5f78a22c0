import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";

/** A `.npy` file by hand; every part of its header can be wrong. */
export function npy(
  data: Uint8Array,
  header: { descr?: string; order?: string; shape?: string; dict?: string; version?: number } = {},
): Buffer {
  const { descr = "'<f4'", order = "False", shape = "(4, 3, 2, 2)", version = 1 } = header;
  const text = `${header.dict ?? `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`}\n`;
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([Buffer.from("\x93NUMPY", "latin1"), Buffer.of(version, 0), length, Buffer.from(text, "latin1"), data]);
}

/** float32 values, little-endian. */
export const floats = (values: Iterable<number>): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

/** `count` float32 values that differ: 0, 1, 2, … of a period that is prime. */
export const someFloats = (count: number): Uint8Array => floats(Array.from({ length: count }, (_, i) => i % 251));

/** A sound float32 `.npy` file. */
export const npyOf = (shape: readonly number[], values?: Iterable<number>): Buffer => {
  const data = values ? floats(values) : someFloats(shape.reduce((a, b) => a * b, 1));
  return npy(data, { shape: `(${shape.join(", ")}${shape.length === 1 ? "," : ""})` });
};

/** A float32 `.npy` file of zeros that takes no room on the disk. */
export function writeSparseNpy(path: string, shape: readonly number[]): void {
  const header = npy(new Uint8Array(), { shape: `(${shape.join(", ")})` });
  const descriptor = openSync(path, "w");
  writeSync(descriptor, header);
  ftruncateSync(descriptor, header.length + 4 * shape.reduce((a, b) => a * b, 1));
  closeSync(descriptor);
}

/** A `.safetensors` file by hand. */
export function safetensors(header: object | string, data: Uint8Array, length?: bigint): Buffer {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(text.length));
  return Buffer.concat([prefix, text, data]);
}

/** An IDX file by hand. */
export function idx(type: number, shape: readonly number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, type, shape.length]);
  shape.forEach((extent, axis) => void header.writeUInt32BE(extent, 4 + 4 * axis));
  return Buffer.concat([header, data]);
}

/** One member of an archive, and what it may lie about. */
export interface ZipMember {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflate?: boolean;
  /** The packed bytes, where they are others than those of `data`. */
  readonly packed?: Uint8Array;
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
  readonly byteLength?: number;
  /** Where the directory says that the member begins. */
  readonly offset?: number;
}

/** A zip archive by hand. */
export function zip(members: readonly ZipMember[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  for (const { name: text, data, deflate, flags = 0, ...lies } of members) {
    const packed = lies.packed ?? (deflate ? deflateRawSync(data, { level: 1 }) : data);
    const name = Buffer.from(text);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(lies.method ?? (deflate ? 8 : 0), 4);
    fields.writeUInt32LE(lies.crc ?? crc32(data), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(lies.byteLength ?? data.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const record = Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), fields, Buffer.alloc(14), name]);
    record.writeUInt32LE(lies.offset ?? position, 42);
    directory.push(record);
    const local = [Buffer.from("PK\x03\x04", "latin1"), fields, name, Buffer.from(packed)];
    parts.push(...local);
    position += local.reduce((sum, part) => sum + part.length, 0);
  }
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(
    directory.reduce((sum, record) => sum + record.length, 0),
    12,
  );
  end.writeUInt32LE(position, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/** A sound deflated `.npz` archive of one array. */
export const deflatedNpz = (array: Uint8Array): Buffer => zip([{ name: "data.npy", data: array, deflate: true }]);

export const gzip = (bytes: Uint8Array): Buffer => gzipSync(bytes);

/** The bytes with some of them changed, counted from the end where the place is negative. */
export function changed(bytes: Uint8Array, place: number, ...values: readonly number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(values, place < 0 ? copy.length + place : place);
  return copy;
}
