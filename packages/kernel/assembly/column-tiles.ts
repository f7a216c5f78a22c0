import { addGroups, addLanes } from "./column-sums";
import { BFLOAT16, FLOAT16, itemSize } from "./dtype";
import { stageAt } from "./scratch";
import { widenTo32 } from "./widen-32";

/** Bytes of the rows of one tile: what stays in the first-level cache while column after column runs down it. */
const TILE_BYTES: usize = 16 * 1024;

/**
 * Adds rows, `step` bytes apart, of `width` columns to the accumulators from `first` on, tile by tile. Quads may
 * reach over the last column: into the row behind, which is there for all but the last rows. Those, and 16-bit floats (as
 * float32), are staged in the scratch.
 */
export function addRows<T, Rule, Pivot>(dtype: i32, source: usize, step: usize, rows: usize, width: usize, first: usize): void {
  const isHalf = dtype === FLOAT16 || dtype === BFLOAT16;
  const stagedStep = ((width + 3) & ~3) * sizeof<T>();
  const tile = max<usize>(8, (TILE_BYTES / (isHalf ? stagedStep : step)) & ~7);
  const reaching: usize = isHalf ? rows : (width & 3) === 0 ? 0 : 3;
  const direct = rows > reaching ? (rows - reaching) & ~7 : 0;
  const directRows = reaching === 0 ? rows : direct;
  let row: usize = 0;
  while (row < directRows) {
    const count = min<usize>(tile, directRows - row);
    addQuads<T, Rule, Pivot>(source + row * step, step, count, width, first);
    row += count;
  }
  while (row < rows) {
    const count = min<usize>(tile, rows - row);
    stageRows<T>(dtype, source + row * step, step, count, width, stagedStep);
    addQuads<T, Rule, Pivot>(stageAt(), stagedStep, count, width, first);
    row += count;
  }
}

function addQuads<T, Rule, Pivot>(source: usize, step: usize, rows: usize, width: usize, first: usize): void {
  for (let column: usize = 0; column < width; column += 4) {
    if (isFloat<Rule>()) addGroups<T, Pivot>(source + column * sizeof<T>(), step, rows, first + column);
    else addLanes<T, Pivot>(source + column * sizeof<T>(), step, rows, first + column);
  }
}

function stageRows<T>(dtype: i32, source: usize, step: usize, rows: usize, width: usize, stagedStep: usize): void {
  const size = itemSize(dtype);
  let from = source;
  let into = stageAt();
  if (size === 2) {
    if (step === width * size && stagedStep === width * 4) {
      widenTo32(dtype, from, into, rows * width);
      return;
    }
    for (let i = rows; i !== 0; --i) {
      widenTo32(dtype, from, into, width);
      from += step;
      into += stagedStep;
    }
    return;
  }
  for (let i = rows; i !== 0; --i) {
    memory.copy(into, from, width * size);
    from += step;
    into += stagedStep;
  }
}
