import { crc32, deflateRawSync } from "node:zlib";

/** A `.npy` file by hand: any header text, so that it can be wrong. */
export function npyBytes(dict: string, data: Uint8Array = new Uint8Array(), version: 1 | 2 | 3 = 1): Uint8Array {
  const field = Buffer.alloc(version === 1 ? 2 : 4);
  const text = Buffer.from(`${dict}\n`, "latin1");
  if (version === 1) field.writeUInt16LE(text.length);
  else field.writeUInt32LE(text.length);
  return Buffer.concat([Buffer.from([0x93]), Buffer.from("NUMPY"), Buffer.from([version, 0]), field, text, data]);
}

export const npyDict = (descr: string, shape: string, fortran = "False"): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

/** A `.npy` file of float32 in C order. */
export const npyFloats = (shape: readonly number[], values: readonly number[]): Uint8Array =>
  npyBytes(npyDict("<f4", `(${shape.join(", ")},)`), bytesOf(Float32Array.from(values)));

export const bytesOf = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

export function idxBytes(type: number, shape: readonly number[], data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = type;
  header[3] = shape.length;
  for (const [axis, extent] of shape.entries()) header.writeUInt32BE(extent, 4 + 4 * axis);
  return Buffer.concat([header, data]);
}

export function safetensorsBytes(json: string | object, data: Uint8Array): Uint8Array {
  const text = Buffer.from(typeof json === "string" ? json : JSON.stringify(json));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([prefix, text, data]);
}

/** What a hand-made member of an archive may lie about. */
export interface SampleMember {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflate?: boolean;
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
  readonly byteLength?: number;
  readonly packed?: Uint8Array;
  readonly localName?: string;
  /** Where the directory says that the local header stands. */
  readonly headerOffset?: number;
}

/** A zip archive by hand, independent of the writer that is under test. */
export function zipBytes(members: readonly SampleMember[]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  for (const member of members) {
    const packed = member.packed ?? (member.deflate ? deflateRawSync(member.data) : member.data);
    const method = member.method ?? (member.deflate ? 8 : 0);
    const name = Buffer.from(member.name);
    const localName = Buffer.from(member.localName ?? member.name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(member.flags ?? 0, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(member.crc ?? crc32(member.data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(member.byteLength ?? member.data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), common]);
    local.writeUInt16LE(localName.length, 26);
    const record = Buffer.concat([Buffer.from([0x50, 0x4b, 1, 2, 20, 0]), common, Buffer.alloc(14), name]);
    record.writeUInt32LE(member.headerOffset ?? position, 42);
    parts.push(local, localName, Buffer.from(packed));
    directory.push(record);
    position += local.length + localName.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(position, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/** The same archive with zip64 end records before its end record. */
export function withZip64End(zip: Uint8Array, recordOffset?: bigint): Uint8Array {
  const [body, end] = [zip.subarray(0, -22), Buffer.from(zip.subarray(-22))];
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(end.readUInt16LE(8)), 24);
  record.writeBigUInt64LE(BigInt(end.readUInt16LE(10)), 32);
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(12)), 40);
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(16)), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(recordOffset ?? BigInt(body.length), 8);
  return Buffer.concat([body, record, locator, end]);
}

/** A seeded source of bytes that look random. */
export function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
}
