/** y = (x − mean) · scale + shift in float64, 2 at a time. `target` may equal `source`. */
export function affineRun64(source: usize, target: usize, count: usize, mean: f64, scale: f64, shift: f64): void {
  const M = f64x2.splat(mean);
  const S = f64x2.splat(scale);
  const B = f64x2.splat(shift);
  for (let i = count >>> 3; i !== 0; --i) {
    const x0 = v128.load(source);
    const x1 = v128.load(source, 16);
    const x2 = v128.load(source, 32);
    const x3 = v128.load(source, 48);
    v128.store(target, f64x2.add(f64x2.mul(f64x2.sub(x0, M), S), B));
    v128.store(target, f64x2.add(f64x2.mul(f64x2.sub(x1, M), S), B), 16);
    v128.store(target, f64x2.add(f64x2.mul(f64x2.sub(x2, M), S), B), 32);
    v128.store(target, f64x2.add(f64x2.mul(f64x2.sub(x3, M), S), B), 48);
    source += 64;
    target += 64;
  }
  for (let i = count & 7; i !== 0; --i) {
    store<f64>(target, (load<f64>(source) - mean) * scale + shift);
    source += 8;
    target += 8;
  }
}

/** As `affineRun64`, periodically: see `affinePeriodic32`. */
export function affinePeriodic64(
  source: usize,
  target: usize,
  count: usize,
  affines: usize,
  pitch: usize,
  period: usize,
  phase: usize,
): usize {
  const sAt = pitch << 3;
  const bAt = pitch << 4;
  let left = count;
  while (left >= 4) {
    const steps = min<usize>(left >>> 2, (period - phase + 3) >>> 2);
    let a = affines + (phase << 3);
    for (let i = steps; i !== 0; --i) {
      const x0 = f64x2.sub(v128.load(source), v128.load(a));
      const x1 = f64x2.sub(v128.load(source, 16), v128.load(a, 16));
      v128.store(target, f64x2.add(f64x2.mul(x0, v128.load(a + sAt)), v128.load(a + bAt)));
      v128.store(target, f64x2.add(f64x2.mul(x1, v128.load(a + sAt, 16)), v128.load(a + bAt, 16)), 16);
      source += 32;
      target += 32;
      a += 32;
    }
    left -= steps << 2;
    phase += steps << 2;
    if (phase >= period) phase -= period;
  }
  for (; left !== 0; --left) {
    const a = affines + (phase << 3);
    store<f64>(target, (load<f64>(source) - load<f64>(a)) * load<f64>(a + sAt) + load<f64>(a + bAt));
    source += 8;
    target += 8;
    if (++phase === period) phase = 0;
  }
  return phase;
}
