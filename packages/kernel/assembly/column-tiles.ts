import { addGroups, addLanes } from "./column-sums";
import { stageAt, sumsAt } from "./scratch";

/** Bytes of the rows of one tile: what stays in the first-level cache while column after column runs down it. */
const TILE_BYTES: usize = 16 * 1024;

/** Rows that a quad may reach over the last column of: at least 3 elements follow them. */
const REACH: usize = 3;

/**
 * Adds rows, `step` bytes apart, of `width` columns to the accumulators from `first` on, tile by tile. Where the width is
 * not a multiple of 4, the last quad reaches into the row behind; the last rows, which have none behind them, are
 * staged in the scratch.
 */
export function addRows<T, Rule, Pivot>(source: usize, step: usize, rows: usize, width: usize, first: usize): void {
  const tile = max<usize>(8, (TILE_BYTES / step) & ~7);
  const staged = (width & 3) === 0 ? 0 : rows <= REACH ? rows : rows - ((rows - REACH) & ~7);
  const direct = rows - staged;
  let at = source;
  for (let left = direct; left !== 0; ) {
    const count = min<usize>(tile, left);
    touch(at, step, count, width * sizeof<T>());
    addQuads<T, Rule, Pivot>(at, step, count, width, first);
    at += count * step;
    left -= count;
  }
  if (staged !== 0) {
    const stagedStep = ((width + 3) & ~3) * sizeof<T>();
    let into = stageAt();
    for (let i = staged; i !== 0; --i) {
      memory.copy(into, at, width * sizeof<T>());
      at += step;
      into += stagedStep;
    }
    addQuads<T, Rule, Pivot>(stageAt(), stagedStep, staged, width, first);
  }
}

function addQuads<T, Rule, Pivot>(source: usize, step: usize, rows: usize, width: usize, first: usize): void {
  for (let column: usize = 0; column < width; column += 4) {
    if (isFloat<Rule>()) addGroups<T, Pivot>(source + column * sizeof<T>(), step, rows, first + column);
    else addLanes<T, Pivot>(source + column * sizeof<T>(), step, rows, first + column);
  }
}

/** Reads a byte of every cache line of a tile, in order, so that the memory is asked for it in the order it likes best. */
function touch(source: usize, step: usize, rows: usize, bytes: usize): void {
  let any: u32 = 0;
  let row = source;
  if (step === bytes) {
    bytes *= rows;
    rows = 1;
  }
  for (let i = rows; i !== 0; --i) {
    for (let at: usize = 0; at < bytes; at += 64) any |= load<u8>(row + at);
    row += step;
  }
  store<u32>(sumsAt(), any);
}
