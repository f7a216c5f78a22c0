import { FLOAT32, FLOAT64, itemSize } from "./dtype";
import { gather } from "./gather";
import { addOne, addQuad } from "./gradient-column-sums";
import { isWide, stageX } from "./gradient-stage";
import { PAIR } from "./pair";
import { stageAt } from "./scratch";

/**
 * Bytes of x of the rows of one tile, of 4 rows at least: see column-tiles.ts. Half of the rows there, since there are two sources
 * for the prefetchers to follow.
 */
const TILE_BYTES: usize = 2048;
const LEAST_ROWS: usize = 4;

/**
 * Longest rows, in bytes of x, whose next tile is read ahead while this one is summed: a line a quad, in the order of memory.
 * Prefetchers follow that, where columns that run down rows lose them: up to twice as fast. Longer rows do not gain.
 */
const AHEAD_BYTES: usize = 2048;

/** What was last read ahead: kept, so that the reads are. */
let ahead: u32 = 0;

/**
 * Adds rows, `xStep` and `dyStep` bytes apart, of `width` columns (1024 at most) to the accumulators from `first` on, tile
 * by tile. `statistics` is the first row's pair, where statistics belong to rows.
 */
export function addRows<By>(
  xType: i32,
  dyType: i32,
  x: usize,
  xStep: usize,
  dy: usize,
  dyStep: usize,
  rows: usize,
  width: usize,
  statistics: usize,
  first: usize,
): void {
  const rowBytes = width * itemSize(xType);
  const staged = xType !== FLOAT32 && xType !== FLOAT64;
  const tile = max<usize>(LEAST_ROWS, (TILE_BYTES / rowBytes) & ~3);
  const packed = xStep === rowBytes && dyStep === width * itemSize(dyType);
  const long = packed && tile === LEAST_ROWS && rowBytes <= AHEAD_BYTES;
  for (let left = rows; left !== 0; ) {
    const count = min<usize>(tile, left);
    const more = long && left >= 2 * LEAST_ROWS;
    if (staged) {
      let at = x;
      if (xStep !== rowBytes) {
        gather(x, stageAt(), count, rowBytes, xStep, rowBytes);
        at = stageAt();
      }
      at = stageX(xType, at, count * width);
      addTile<By>(xType, dyType, at, isWide(xType) ? width << 3 : width << 2, dy, dyStep, count, width, statistics, first, more);
    } else addTile<By>(xType, dyType, x, xStep, dy, dyStep, count, width, statistics, first, more);
    x += count * xStep;
    dy += count * dyStep;
    statistics += count * PAIR;
    left -= count;
  }
}

function addTile<By>(
  xType: i32,
  dyType: i32,
  x: usize,
  xStep: usize,
  dy: usize,
  dyStep: usize,
  rows: usize,
  width: usize,
  statistics: usize,
  first: usize,
  more: bool,
): void {
  if (isWide(xType)) {
    if (dyType === FLOAT64) addColumns<f64, f64, By>(x, xStep, dy, dyStep, rows, width, statistics, first, more);
    else addColumns<f64, f32, By>(x, xStep, dy, dyStep, rows, width, statistics, first, more);
  } else if (dyType === FLOAT64) addColumns<f32, f64, By>(x, xStep, dy, dyStep, rows, width, statistics, first, more);
  else addColumns<f32, f32, By>(x, xStep, dy, dyStep, rows, width, statistics, first, more);
}

/** Adds a tile's columns; `more` says that another tile of `LEAST_ROWS` rows lies behind this one. */
function addColumns<X, DY, By>(
  x: usize,
  xStep: usize,
  dy: usize,
  dyStep: usize,
  rows: usize,
  width: usize,
  statistics: usize,
  first: usize,
  more: bool,
): void {
  let column: usize = 0;
  let xNext = x;
  let dyNext = dy;
  if (more) {
    xNext += rows * xStep;
    dyNext += rows * dyStep;
  }
  const xLine: usize = more ? 4 * LEAST_ROWS * sizeof<X>() : 0;
  const dyLine: usize = more ? 4 * LEAST_ROWS * sizeof<DY>() : 0;
  let read: u32 = 0;
  for (; column + 4 <= width; column += 4) {
    read |= <u32>load<u8>(xNext) | <u32>load<u8>(dyNext);
    xNext += xLine;
    dyNext += dyLine;
    addQuad<X, DY, By>(x, xStep, dy, dyStep, rows, statistics, first + column);
    x += 4 * sizeof<X>();
    dy += 4 * sizeof<DY>();
  }
  ahead = read;
  for (; column < width; ++column) {
    addOne<X, DY, By>(x, xStep, dy, dyStep, rows, statistics, first + column);
    x += sizeof<X>();
    dy += sizeof<DY>();
  }
}
