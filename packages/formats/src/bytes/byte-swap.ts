/** Reverses the bytes of each element, in place. @param bytes whole elements, which may be in shared memory */
export function swapBytes(bytes: Uint8Array, itemSize: 1 | 2 | 4 | 8): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (itemSize === 2) buffer.swap16();
  else if (itemSize === 4) buffer.swap32();
  else if (itemSize === 8) buffer.swap64();
}
