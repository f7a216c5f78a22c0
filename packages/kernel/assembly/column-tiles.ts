import { addGroups, addLanes } from "./column-sums";
import { gather } from "./gather";
import { stageAt } from "./scratch";
import { touch } from "./touch";

/**
 * Bytes of the rows of one tile, of 8 rows at least: column after column runs down them. Few rows, because prefetchers
 * follow few streams; many more than 8 where rows are so short that starting a column would cost more than summing it.
 */
const TILE_BYTES: usize = 4096;

/** Rows before the last that a quad must stay away from where it reaches over the last column: 3 elements follow all others. */
const REACH: usize = 3;

/**
 * Adds rows, `step` bytes apart, of `width` columns to the accumulators from `first` on, tile by tile. Where the width is
 * not a multiple of 4, the last quad reaches into the row behind; the last rows, which have none behind them, are
 * staged in the scratch.
 */
export function addRows<T, Rule, Pivot>(source: usize, step: usize, rows: usize, width: usize, first: usize): void {
  const tile = max<usize>(8, (TILE_BYTES / max<usize>(step, 1)) & ~7);
  const staged: usize = (width & 3) === 0 ? 0 : rows <= REACH ? rows : rows - ((rows - REACH) & ~7);
  let at = source;
  for (let left = rows - staged; left !== 0; ) {
    const count = min<usize>(tile, left);
    touch(at, step, count);
    addQuads<T, Rule, Pivot>(at, step, count, width, first);
    at += count * step;
    left -= count;
  }
  if (staged !== 0) {
    const stagedStep = ((width + 3) & ~3) * sizeof<T>();
    gather(at, stageAt(), staged, width * sizeof<T>(), step, stagedStep);
    addQuads<T, Rule, Pivot>(stageAt(), stagedStep, staged, width, first);
  }
}

function addQuads<T, Rule, Pivot>(source: usize, step: usize, rows: usize, width: usize, first: usize): void {
  for (let column: usize = 0; column < width; column += 4) {
    if (isFloat<Rule>()) addGroups<T, Pivot>(source + column * sizeof<T>(), step, rows, first + column);
    else addLanes<T, Pivot>(source + column * sizeof<T>(), step, rows, first + column);
  }
}
