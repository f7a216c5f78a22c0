/**
 * Orders strings as their UTF-8 bytes are ordered. UTF-16 units differ from that only where a surrogate meets a character above it.
 */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const isAstralX = x >= 0xd800 && x <= 0xdfff;
    const isAstralY = y >= 0xd800 && y <= 0xdfff;
    return isAstralX === isAstralY ? x - y : isAstralX ? 1 : -1;
  }
  return a.length - b.length;
}
