import { elementAt, firstPairAt } from "./element-pair";
import { Weighted } from "./gradient-leaf";

/**
 * dx = a · dy + b · (x − mean) + c in float64, 2 at a time, or a · (dy · weight) with weights of float64; x and dx are float64
 * (staged where they are not), DY as in element-pair.ts. `dx` may equal `x` or `dy`.
 */
export function inputRun64<DY, W>(
  x: usize,
  dy: usize,
  dx: usize,
  count: usize,
  weights: usize,
  a: f64,
  b: f64,
  mean: f64,
  c: f64,
): void {
  const A = f64x2.splat(a);
  const B = f64x2.splat(b);
  const M = f64x2.splat(mean);
  const C = f64x2.splat(c);
  for (let i = count >>> 1; i !== 0; --i) {
    let g = firstPairAt<DY>(dy);
    if (isFloat<W>()) {
      g = f64x2.mul(g, v128.load(weights));
      weights += 16;
    }
    const d = f64x2.mul(f64x2.sub(v128.load(x), M), B);
    v128.store(dx, f64x2.add(f64x2.add(f64x2.mul(g, A), d), C));
    x += 16;
    dy += 2 * sizeof<DY>();
    dx += 16;
  }
  if ((count & 1) !== 0) {
    let g = elementAt<DY>(dy, 0);
    if (isFloat<W>()) g *= load<f64>(weights);
    store<f64>(dx, g * a + (load<f64>(x) - mean) * b + c);
  }
}

/** As `inputRun64`, periodically: see `inputPeriodic32`. */
export function inputPeriodic64<DY>(
  x: usize,
  dy: usize,
  dx: usize,
  count: usize,
  table: usize,
  pitch: usize,
  period: usize,
  phase: usize,
): usize {
  const array = pitch << 3;
  let left = count;
  while (left >= 2) {
    const steps = min<usize>(left >>> 1, (period - phase + 1) >>> 1);
    let a = table + (phase << 3);
    let m = a + 2 * array;
    for (let i = steps; i !== 0; --i) {
      const g = f64x2.mul(firstPairAt<DY>(dy), v128.load(a));
      const d = f64x2.mul(f64x2.sub(v128.load(x), v128.load(m)), v128.load(a + array));
      v128.store(dx, f64x2.add(f64x2.add(g, d), v128.load(m + array)));
      x += 16;
      dy += 2 * sizeof<DY>();
      dx += 16;
      a += 16;
      m += 16;
    }
    left -= steps << 1;
    phase += steps << 1;
    if (phase >= period) phase -= period;
  }
  if (left !== 0) {
    const a = table + (phase << 3);
    const m = a + 2 * array;
    const d = (load<f64>(x) - load<f64>(m)) * load<f64>(a + array);
    store<f64>(dx, elementAt<DY>(dy, 0) * load<f64>(a) + d + load<f64>(m + array));
    if (++phase === period) phase = 0;
  }
  return phase;
}
