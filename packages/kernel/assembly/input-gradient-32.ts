import { Weighted } from "./gradient-leaf";

/**
 * dx = a · dy + b · (x − m) + c in float32, 4 at a time, or a · weight · dy with weights of float32. `dx` may equal `x` or `dy`.
 */
export function inputRun32<W>(
  x: usize,
  dy: usize,
  dx: usize,
  count: usize,
  weights: usize,
  a: f32,
  b: f32,
  m: f32,
  c: f32,
): void {
  const A = f32x4.splat(a);
  const B = f32x4.splat(b);
  const M = f32x4.splat(m);
  const C = f32x4.splat(c);
  for (let i = count >>> 3; i !== 0; --i) {
    let a0 = A;
    let a1 = A;
    if (isFloat<W>()) {
      a0 = f32x4.mul(A, v128.load(weights));
      a1 = f32x4.mul(A, v128.load(weights, 16));
      weights += 32;
    }
    const x0 = f32x4.mul(f32x4.sub(v128.load(x), M), B);
    const x1 = f32x4.mul(f32x4.sub(v128.load(x, 16), M), B);
    const g0 = f32x4.mul(v128.load(dy), a0);
    const g1 = f32x4.mul(v128.load(dy, 16), a1);
    v128.store(dx, f32x4.add(f32x4.add(g0, x0), C));
    v128.store(dx, f32x4.add(f32x4.add(g1, x1), C), 16);
    x += 32;
    dy += 32;
    dx += 32;
  }
  for (let i = count & 7; i !== 0; --i) {
    let by = a;
    if (isFloat<W>()) {
      by *= load<f32>(weights);
      weights += 4;
    }
    store<f32>(dx, load<f32>(dy) * by + (load<f32>(x) - m) * b + c);
    x += 4;
    dy += 4;
    dx += 4;
  }
}

/**
 * As `inputRun32`, element i by coefficients (phase + i) mod `period`; gives the phase of the element after the last. `table`
 * holds arrays a, b, m and c, each `pitch` long: the period and its first 3 again, so that any 4 in a row can be loaded.
 */
export function inputPeriodic32(
  x: usize,
  dy: usize,
  dx: usize,
  count: usize,
  table: usize,
  pitch: usize,
  period: usize,
  phase: usize,
): usize {
  const array = pitch << 2;
  let left = count;
  while (left >= 4) {
    const steps = min<usize>(left >>> 2, (period - phase + 3) >>> 2);
    let a = table + (phase << 2);
    let m = a + 2 * array;
    for (let i = steps; i !== 0; --i) {
      const g = f32x4.mul(v128.load(dy), v128.load(a));
      const d = f32x4.mul(f32x4.sub(v128.load(x), v128.load(m)), v128.load(a + array));
      v128.store(dx, f32x4.add(f32x4.add(g, d), v128.load(m + array)));
      x += 16;
      dy += 16;
      dx += 16;
      a += 16;
      m += 16;
    }
    left -= steps << 2;
    phase += steps << 2;
    if (phase >= period) phase -= period;
  }
  for (; left !== 0; --left) {
    const a = table + (phase << 2);
    const m = a + 2 * array;
    store<f32>(dx, load<f32>(dy) * load<f32>(a) + (load<f32>(x) - load<f32>(m)) * load<f32>(a + array) + load<f32>(m + array));
    x += 4;
    dy += 4;
    dx += 4;
    if (++phase === period) phase = 0;
  }
  return phase;
}
