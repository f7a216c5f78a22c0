import type { AxisRange } from "./scatter.js";

/** All indices within ranges, the last axis fastest. One array is given again and again. */
export function* indicesOf(ranges: readonly AxisRange[]): Generator<readonly number[]> {
  const index = ranges.map(({ from }) => from);
  if (ranges.some(({ from, to }) => from >= to)) return;
  for (;;) {
    yield index;
    let axis = index.length - 1;
    for (; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (ranges[axis] as AxisRange).to) break;
      index[axis] = (ranges[axis] as AxisRange).from;
    }
    if (axis < 0) return;
  }
}
