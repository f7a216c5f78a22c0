import { itemSize } from "./dtype";
import { gradientLeaf } from "./gradient-leaf";
import { addPairs, PAIR, writePair } from "./pair";
import { LEAF } from "./row";
import { stackAt } from "./scratch";
import { wideWeights } from "./weights";

/** One pair a plane: leaves of 8192 values, added in the canonical tree. `weights` as the loader prepared them, or 0. */
export function gradientSums(
  xType: i32,
  dyType: i32,
  x: usize,
  dy: usize,
  planes: usize,
  values: usize,
  xStride: usize,
  dyStride: usize,
  weights: usize,
  statistics: usize,
  sums: usize,
): void {
  const wide = wideWeights(weights, 0);
  for (let i = planes; i !== 0; --i) {
    if (values <= LEAF) gradientLeaf(xType, dyType, x, dy, wide, values, statistics, sums);
    else foldedPlane(xType, dyType, x, dy, wide, values, statistics, sums);
    x += xStride;
    dy += dyStride;
    statistics += PAIR;
    sums += PAIR;
  }
}

function foldedPlane(
  xType: i32,
  dyType: i32,
  x: usize,
  dy: usize,
  weights: usize,
  values: usize,
  statistics: usize,
  pair: usize,
): void {
  let top = stackAt();
  let index: u32 = 0;
  for (let left = values; left !== 0; ) {
    const count = min<usize>(left, LEAF);
    gradientLeaf(xType, dyType, x, dy, weights, count, statistics, top);
    for (let bits = index; (bits & 1) !== 0; bits >>>= 1) {
      addPairs(top - PAIR, top, top - PAIR);
      top -= PAIR;
    }
    top += PAIR;
    x += count * itemSize(xType);
    dy += count * itemSize(dyType);
    if (weights !== 0) weights += count << 3;
    left -= count;
    ++index;
  }
  top -= PAIR;
  while (top !== stackAt()) {
    addPairs(top - PAIR, top, top - PAIR);
    top -= PAIR;
  }
  writePair(pair, load<f64>(top), load<f64>(top, 8));
}

/** One pair a leaf of a plane; the part starts at element `first` of the weights. */
export function gradientLeafSums(
  xType: i32,
  dyType: i32,
  x: usize,
  dy: usize,
  values: usize,
  weights: usize,
  first: usize,
  statistics: usize,
  sums: usize,
): void {
  let wide = wideWeights(weights, first);
  for (let left = values; left !== 0; ) {
    const count = min<usize>(left, LEAF);
    gradientLeaf(xType, dyType, x, dy, wide, count, statistics, sums);
    x += count * itemSize(xType);
    dy += count * itemSize(dyType);
    if (wide !== 0) wide += count << 3;
    sums += PAIR;
    left -= count;
  }
}
