import type { Point } from "./path.js";

/** Height of a line of text above its baseline, and below it, px. */
const ABOVE = 11;
const BELOW = 3;

/** Whether a text from `left` to `right` meets none of the lines. */
export const isClear = (lines: readonly (readonly Point[])[], left: number, right: number, baseline: number): boolean =>
  lines.every((line) => !crosses(line, { left, right, top: baseline - ABOVE, bottom: baseline + BELOW }));

/** The first of some baselines on which a text meets none of the lines; the first of all where each meets one. */
export const clearBaseline = (
  lines: readonly (readonly Point[])[],
  left: number,
  right: number,
  baselines: readonly number[],
): number => baselines.find((baseline) => isClear(lines, left, right, baseline)) ?? baselines[0] ?? 0;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Whether a line goes through a box. */
function crosses(line: readonly Point[], { left, right, top, bottom }: Box): boolean {
  return line.some((to, index) => {
    const from = line[index - 1] ?? to;
    if (!Number.isFinite(from.y) || !Number.isFinite(to.y) || Math.max(from.x, to.x) < left || Math.min(from.x, to.x) > right)
      return false;
    const at = (x: number): number => (to.x === from.x ? to.y : from.y + ((x - from.x) / (to.x - from.x)) * (to.y - from.y));
    const [a, b] = [at(Math.max(left, Math.min(from.x, to.x))), at(Math.min(right, Math.max(from.x, to.x)))];
    return Math.max(a, b) >= top && Math.min(a, b) <= bottom;
  });
}
