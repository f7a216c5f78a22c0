/** One part of an archive, and what it may lie about. */
export interface TarPart {
  readonly name: string;
  readonly data?: Uint8Array | undefined;
  readonly type?: string;
  /** The size that its header says, where it is another than that of `data`. */
  readonly byteLength?: number;
  /** Writes the size as a binary number, as archives with members above 8 GiB do. */
  readonly isBinarySize?: boolean;
  readonly checksum?: number;
}

/** A tar archive by hand, apart from any library: ustar headers, and two blocks of zeros at its end. */
export function tar(parts: readonly TarPart[], end = true): Buffer {
  const blocks = parts.flatMap(({ name, data = new Uint8Array(), ...header }) => [
    headerOf(name, header.byteLength ?? data.length, header),
    data,
    new Uint8Array((512 - (data.length % 512)) % 512),
  ]);
  return Buffer.concat([...blocks, new Uint8Array(end ? 1024 : 0)]);
}

/** A member whose name does not fit a header, in the two ways that there are. */
export const longNamed = (way: "pax" | "gnu", name: string, data: Uint8Array): TarPart[] => [
  way === "gnu"
    ? { name: "././@LongLink", type: "L", data: Buffer.from(`${name}\0`) }
    : { name: "PaxHeaders/x", type: "x", data: paxRecord("path", name) },
  { name: name.slice(0, 100), data },
];

/** `LENGTH KEY=VALUE`, where the length counts itself. */
export function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

function headerOf(
  name: string,
  byteLength: number,
  { type = "0", isBinarySize, checksum }: Omit<TarPart, "name" | "data">,
): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100);
  block.write("0000644\0", 100);
  if (isBinarySize) {
    block[124] = 0x80;
    block.writeUIntBE(byteLength, 130, 6);
  } else block.write(byteLength.toString(8).padStart(11, "0"), 124);
  block.write("        ", 148);
  block.write(type, 156);
  block.write("ustar\x0000", 257, "latin1");
  const sum = checksum ?? block.reduce((a, b) => a + b, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
