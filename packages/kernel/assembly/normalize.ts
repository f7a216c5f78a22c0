import { affinePeriodic32, affineRun32 } from "./affine-32";
import { affinePeriodic64, affineRun64 } from "./affine-64";
import { FLOAT32, FLOAT64, INT32, itemSize } from "./dtype";
import { narrowTo16, narrowTo32, narrowToOdd32 } from "./narrow";
import { halfAt, wideAt } from "./scratch";
import { widenTo32 } from "./widen-32";
import { widenConsecutiveTo64 } from "./widen-64";

/** Elements that are converted at a time, so that the stages between meet in the first-level cache. */
const CHUNK: usize = 1024;

/**
 * Normalizes consecutive elements with one affine: in float32 by (m, s, b) where `safe` (the loader decides; then `from`
 * is exact in float32 and `to` is not float64), else in float64 by (mean, scale, shift), rounded once.
 */
export function normalizeRun(
  from: i32,
  to: i32,
  source: usize,
  target: usize,
  count: usize,
  safe: bool,
  m: f32,
  s: f32,
  b: f32,
  mean: f64,
  scale: f64,
  shift: f64,
): void {
  if (safe && from === FLOAT32 && to === FLOAT32) {
    affineRun32(source, target, count, m, s, b);
    return;
  }
  if (from === FLOAT64 && to === FLOAT64) {
    affineRun64(source, target, count, mean, scale, shift);
    return;
  }
  for (let left = count; left !== 0; ) {
    const n = min<usize>(left, CHUNK);
    if (safe) {
      const staged = stage32(from, to, source, target, n);
      affineRun32(staged, to === FLOAT32 ? target : halfAt(), n, m, s, b);
      if (to !== FLOAT32) narrowTo16(to, halfAt(), target, n);
    } else {
      const staged = stage64(from, source, n);
      const into = to === FLOAT64 ? target : wideAt();
      affineRun64(staged, into, n, mean, scale, shift);
      finish64(to, target, n);
    }
    source += n * itemSize(from);
    target += n * itemSize(to);
    left -= n;
  }
}

/**
 * Normalizes consecutive elements, element i by affine i mod `period`. `prepared` is laid out by the loader: a flag
 * `safe`, the period as expanded, then the float32 affines and the float64 ones (see `affinePeriodic32`).
 */
export function normalizePeriodic(from: i32, to: i32, source: usize, target: usize, count: usize, prepared: usize): void {
  const safe = load<u32>(prepared) !== 0 && from !== FLOAT64 && from !== INT32 && to !== FLOAT64;
  const period = <usize>load<u32>(prepared, 4);
  const pitch = (period + 7) & ~3;
  const narrow = prepared + 16;
  const wide = narrow + 12 * pitch;
  const chunk = (safe && from === FLOAT32 && to === FLOAT32) || (from === FLOAT64 && to === FLOAT64) ? count : CHUNK;
  let phase: usize = 0;
  for (let left = count; left !== 0; ) {
    const n = min<usize>(left, chunk);
    if (safe) {
      const staged = stage32(from, to, source, target, n);
      phase = affinePeriodic32(staged, to === FLOAT32 ? target : halfAt(), n, narrow, pitch, period, phase);
      if (to !== FLOAT32) narrowTo16(to, halfAt(), target, n);
    } else {
      const staged = stage64(from, source, n);
      const into = to === FLOAT64 ? target : wideAt();
      phase = affinePeriodic64(staged, into, n, wide, pitch, period, phase);
      finish64(to, target, n);
    }
    source += n * itemSize(from);
    target += n * itemSize(to);
    left -= n;
  }
}

/** Where the next elements are as float32: at the source, or widened into the target or the scratch. */
function stage32(from: i32, to: i32, source: usize, target: usize, count: usize): usize {
  if (from === FLOAT32) return source;
  const into = to === FLOAT32 ? target : halfAt();
  widenTo32(from, source, into, count);
  return into;
}

/** Where the next elements are as float64: at the source, or widened into the scratch. */
export function stage64(from: i32, source: usize, count: usize): usize {
  if (from === FLOAT64) return source;
  widenConsecutiveTo64(from, source, count);
  return wideAt();
}

/** Rounds float64 results from the scratch to the target, once. */
export function finish64(to: i32, target: usize, count: usize): void {
  if (to === FLOAT32) narrowTo32(wideAt(), target, count);
  else if (to !== FLOAT64) {
    narrowToOdd32(wideAt(), halfAt(), count);
    narrowTo16(to, halfAt(), target, count);
  }
}
