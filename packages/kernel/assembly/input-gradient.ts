import { FLOAT32, FLOAT64, itemSize } from "./dtype";
import { Unweighted, Weighted } from "./gradient-leaf";
import { isWide, stageX } from "./gradient-stage";
import { inputPeriodic32, inputRun32 } from "./input-gradient-32";
import { inputPeriodic64, inputRun64 } from "./input-gradient-64";
import { narrowTo16 } from "./narrow";
import { finish64, stage64 } from "./normalize";
import { halfAt, wideAt } from "./scratch";
import { areSafe, narrowWeights, wideWeights } from "./weights";

/** Elements that are converted at a time: see normalize.ts. */
const CHUNK: usize = 1024;

/** Whether a conversion may be computed in float32 at all: its sources are exact in float32 and its result no wider. */
function isNarrow(xType: i32, dyType: i32, outType: i32): bool {
  return !isWide(xType) && dyType === FLOAT32 && outType !== FLOAT64;
}

/** Whether elements go straight from the sources to the target. */
function isDirect(narrow: bool, xType: i32, outType: i32): bool {
  return narrow ? xType === FLOAT32 && outType === FLOAT32 : xType === FLOAT64 && outType === FLOAT64;
}

/**
 * dx of consecutive elements: in float32 by (na, nb, nm, nc) where `safe` (the loader decides) and types and weights allow it,
 * else in float64 by (a, b, mean, c), rounded once. `weights` as the loader prepared them, or 0.
 */
export function gradientInput(
  xType: i32,
  dyType: i32,
  outType: i32,
  x: usize,
  dy: usize,
  dx: usize,
  values: usize,
  weights: usize,
  first: usize,
  safe: bool,
  na: f32,
  nb: f32,
  nm: f32,
  nc: f32,
  a: f64,
  b: f64,
  mean: f64,
  c: f64,
): void {
  const narrow = safe && isNarrow(xType, dyType, outType) && (weights === 0 || areSafe(weights));
  const chunk = isDirect(narrow, xType, outType) ? values : CHUNK;
  let weight = narrow ? narrowWeights(weights, first) : wideWeights(weights, first);
  for (let left = values; left !== 0; ) {
    const n = min<usize>(left, chunk);
    if (narrow) {
      const staged = stageX(xType, x, n);
      const into = outType === FLOAT32 ? dx : halfAt();
      if (weights !== 0) inputRun32<Weighted>(staged, dy, into, n, weight, na, nb, nm, nc);
      else inputRun32<Unweighted>(staged, dy, into, n, 0, na, nb, nm, nc);
      if (outType !== FLOAT32) narrowTo16(outType, halfAt(), dx, n);
    } else {
      const staged = stage64(xType, x, n);
      const into = outType === FLOAT64 ? dx : wideAt();
      if (dyType === FLOAT64) run64<f64>(staged, dy, into, n, weight, a, b, mean, c);
      else run64<f32>(staged, dy, into, n, weight, a, b, mean, c);
      finish64(outType, dx, n);
    }
    x += n * itemSize(xType);
    dy += n * itemSize(dyType);
    dx += n * itemSize(outType);
    if (weights !== 0) weight += n << (narrow ? 2 : 3);
    left -= n;
  }
}

function run64<DY>(x: usize, dy: usize, dx: usize, count: usize, weights: usize, a: f64, b: f64, mean: f64, c: f64): void {
  if (weights !== 0) inputRun64<DY, Weighted>(x, dy, dx, count, weights, a, b, mean, c);
  else inputRun64<DY, Unweighted>(x, dy, dx, count, 0, a, b, mean, c);
}

/**
 * dx of consecutive elements, element i by coefficients i mod `period`. `prepared` is laid out by the loader: a flag `safe`,
 * the period as expanded, then the float32 coefficients and the float64 ones (see `inputPeriodic32`).
 */
export function gradientInputPeriodic(
  xType: i32,
  dyType: i32,
  outType: i32,
  x: usize,
  dy: usize,
  dx: usize,
  values: usize,
  prepared: usize,
): void {
  const narrow = load<u32>(prepared) !== 0 && isNarrow(xType, dyType, outType);
  const period = <usize>load<u32>(prepared, 4);
  const pitch = (period + 7) & ~3;
  const table = narrow ? prepared + 16 : prepared + 16 + 16 * pitch;
  const chunk = isDirect(narrow, xType, outType) ? values : CHUNK;
  let phase: usize = 0;
  for (let left = values; left !== 0; ) {
    const n = min<usize>(left, chunk);
    if (narrow) {
      const staged = stageX(xType, x, n);
      phase = inputPeriodic32(staged, dy, outType === FLOAT32 ? dx : halfAt(), n, table, pitch, period, phase);
      if (outType !== FLOAT32) narrowTo16(outType, halfAt(), dx, n);
    } else {
      const staged = stage64(xType, x, n);
      const into = outType === FLOAT64 ? dx : wideAt();
      if (dyType === FLOAT64) phase = inputPeriodic64<f64>(staged, dy, into, n, table, pitch, period, phase);
      else phase = inputPeriodic64<f32>(staged, dy, into, n, table, pitch, period, phase);
      finish64(outType, dx, n);
    }
    x += n * itemSize(xType);
    dy += n * itemSize(dyType);
    dx += n * itemSize(outType);
    left -= n;
  }
}
