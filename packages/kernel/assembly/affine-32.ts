/** y = (x − m) · s + b in float32, 4 at a time. `target` may equal `source`. */
export function affineRun32(source: usize, target: usize, count: usize, m: f32, s: f32, b: f32): void {
  const M = f32x4.splat(m);
  const S = f32x4.splat(s);
  const B = f32x4.splat(b);
  for (let i = count >>> 4; i !== 0; --i) {
    const x0 = v128.load(source);
    const x1 = v128.load(source, 16);
    const x2 = v128.load(source, 32);
    const x3 = v128.load(source, 48);
    v128.store(target, f32x4.add(f32x4.mul(f32x4.sub(x0, M), S), B));
    v128.store(target, f32x4.add(f32x4.mul(f32x4.sub(x1, M), S), B), 16);
    v128.store(target, f32x4.add(f32x4.mul(f32x4.sub(x2, M), S), B), 32);
    v128.store(target, f32x4.add(f32x4.mul(f32x4.sub(x3, M), S), B), 48);
    source += 64;
    target += 64;
  }
  for (let i = count & 15; i !== 0; --i) {
    store<f32>(target, (load<f32>(source) - m) * s + b);
    source += 4;
    target += 4;
  }
}

/**
 * As `affineRun32`, element i by affine (phase + i) mod `period`; gives the phase of the element after the last. `affines`
 * holds arrays m, s and b, each `pitch` long: the period and its first 3 again, so that any 4 in a row can be loaded.
 */
export function affinePeriodic32(
  source: usize,
  target: usize,
  count: usize,
  affines: usize,
  pitch: usize,
  period: usize,
  phase: usize,
): usize {
  const sAt = pitch << 2;
  const bAt = pitch << 3;
  let left = count;
  while (left >= 4) {
    const steps = min<usize>(left >>> 2, (period - phase + 3) >>> 2);
    let a = affines + (phase << 2);
    for (let i = steps; i !== 0; --i) {
      const x = f32x4.sub(v128.load(source), v128.load(a));
      v128.store(target, f32x4.add(f32x4.mul(x, v128.load(a + sAt)), v128.load(a + bAt)));
      source += 16;
      target += 16;
      a += 16;
    }
    left -= steps << 2;
    phase += steps << 2;
    if (phase >= period) phase -= period;
  }
  for (; left !== 0; --left) {
    const a = affines + (phase << 2);
    store<f32>(target, (load<f32>(source) - load<f32>(a)) * load<f32>(a + sAt) + load<f32>(a + bAt));
    source += 4;
    target += 4;
    if (++phase === period) phase = 0;
  }
  return phase;
}
