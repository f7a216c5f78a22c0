/**
 * Copies `runs` runs of `bytes` bytes, `stride` apart, to `target`, `step` apart there. Runs of 16 bytes or more go by vectors,
 * the last of which overlaps the one before it; `memory.copy` costs a call, which is too dear for runs so short.
 */
export function gather(source: usize, target: usize, runs: usize, bytes: usize, stride: usize, step: usize): void {
  let from = source;
  let into = target;
  for (let i = runs; i !== 0; --i) {
    copyRun(from, into, bytes);
    from += stride;
    into += step;
  }
}

function copyRun(source: usize, target: usize, bytes: usize): void {
  if (bytes < 16) {
    copyShort(source, target, bytes);
    return;
  }
  let from = source;
  let into = target;
  for (let i = bytes >>> 4; i !== 0; --i) {
    v128.store(into, v128.load(from));
    from += 16;
    into += 16;
  }
  if ((bytes & 15) !== 0) v128.store(target + bytes - 16, v128.load(source + bytes - 16));
}

function copyShort(source: usize, target: usize, bytes: usize): void {
  if (bytes >= 8) {
    store<u64>(target, load<u64>(source));
    store<u64>(target + bytes - 8, load<u64>(source + bytes - 8));
  } else if (bytes >= 4) {
    store<u32>(target, load<u32>(source));
    store<u32>(target + bytes - 4, load<u32>(source + bytes - 4));
  } else {
    for (let i: usize = 0; i !== bytes; ++i) store<u8>(target + i, load<u8>(source + i));
  }
}
