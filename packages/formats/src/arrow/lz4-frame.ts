const MAGIC = 0x184d2204;

/**
 * Unpacks an LZ4 frame (lz4_Frame_format.md, version 1.6): blocks that may refer to those before them, as Arrow's writers make them.
 * Checksums are passed over. @throws Error for bytes that are none.
 */
export function decompressLz4Frame(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 7 || view.getUint32(0, true) !== MAGIC) throw new Error("no LZ4 frame");
  const flags = view.getUint8(4);
  const [hasBlockSum, hasSize, hasDictionary] = [flags & 0x10, flags & 0x08, flags & 0x01];
  if (flags >>> 6 !== 1 || hasDictionary) throw new Error("an LZ4 frame of another version, or with a dictionary");
  const blockBytes = 1 << (8 + 2 * ((view.getUint8(5) >>> 4) & 7));
  const size = hasSize ? Number(view.getBigUint64(6, true)) : undefined;
  let at = 6 + (hasSize ? 8 : 0) + 1;
  // No byte of LZ4 stands for more than 255 others: a size that is larger is a lie.
  if (size !== undefined && size > bytes.length * 255) throw new Error("an LZ4 frame whose size cannot be");
  let out = new Uint8Array(size ?? bytes.length * 4);
  let length = 0;
  for (;;) {
    const header = view.getUint32(at, true);
    at += 4;
    if (header === 0) break;
    const isStored = header >>> 31 === 1;
    const block = bytes.subarray(at, at + (header & 0x7fffffff));
    if (size === undefined && out.length - length < blockBytes) {
      const larger = new Uint8Array(out.length * 2 + blockBytes);
      larger.set(out);
      out = larger;
    }
    if (isStored) {
      out.set(block, length);
      length += block.length;
    } else length = unpackBlock(block, out, length);
    at += block.length + (hasBlockSum ? 4 : 0);
  }
  if (size !== undefined && length !== size) throw new Error(`an LZ4 frame of ${length} bytes instead of ${size}`);
  return out.subarray(0, length);
}

/** @returns where it ends in `out` */
function unpackBlock(block: Uint8Array, out: Uint8Array, start: number): number {
  let o = start;
  let i = 0;
  const lengthOf = (nibble: number): number => {
    let length = nibble;
    if (nibble === 15) {
      let byte = 255;
      while (byte === 255) {
        if (i >= block.length) throw new Error("an LZ4 block that ends early");
        byte = block[i++] as number;
        length += byte;
      }
    }
    return length;
  };
  while (i < block.length) {
    const token = block[i++] as number;
    const literals = lengthOf(token >>> 4);
    if (i + literals > block.length || o + literals > out.length) throw new Error("an LZ4 block that ends early");
    out.set(block.subarray(i, i + literals), o);
    i += literals;
    o += literals;
    if (i >= block.length) break;
    const distance = (block[i] as number) | ((block[i + 1] as number) << 8);
    i += 2;
    const match = lengthOf(token & 15) + 4;
    if (distance === 0 || distance > o || o + match > out.length) throw new Error("an LZ4 match outside of its frame");
    if (distance >= match) out.copyWithin(o, o - distance, o - distance + match);
    else for (let k = 0; k < match; k++) out[o + k] = out[o + k - distance] as number;
    o += match;
  }
  return o;
}
