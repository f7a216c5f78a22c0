/** The unsigned LEB128 number at an offset, and where it ends. */
export function unsignedAt(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0;
  for (let end = at, scale = 1; ; scale *= 128) {
    const byte = byteAt(bytes, end++);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end };
  }
}

/** Where a LEB128 number ends, signed or not. */
export const endOfNumber = (bytes: Uint8Array, at: number): number => unsignedAt(bytes, at).end;

export function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 128) | 0x80, ...unsigned(Math.floor(value / 128))];
}

/** A number that is not negative as signed LEB128: its last byte has the sign's bit clear. */
export function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value % 128) | 0x80, ...signed(Math.floor(value / 128))];
}

/** @throws RangeError behind the end */
export function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new RangeError(`the module ends at byte ${bytes.length}, within an instruction`);
  return byte;
}
