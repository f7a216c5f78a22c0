/** Reverses the bytes of each 2-, 4- or 8-byte element, in place. */
export function byteSwap(itemSize: i32, source: usize, count: usize): void {
  if (itemSize === 2) swap<u16>(source, count);
  else if (itemSize === 4) swap<u32>(source, count);
  else swap<u64>(source, count);
}

function swap<T>(source: usize, count: usize): void {
  const perVector = 16 / sizeof<T>();
  let at = source;
  for (let i = count / perVector; i !== 0; --i) {
    v128.store(at, reversed<T>(v128.load(at)));
    at += 16;
  }
  for (let i = count % perVector; i !== 0; --i) {
    store<T>(at, bswap<T>(load<T>(at)));
    at += sizeof<T>();
  }
}

function reversed<T>(x: v128): v128 {
  if (sizeof<T>() === 2) return i8x16.shuffle(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
  if (sizeof<T>() === 4) return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  return i8x16.shuffle(x, x, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
}
