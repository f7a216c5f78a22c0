import { type Point, strokesPath } from "./path.js";

/**
 * The `d` of a hatch over a convex polygon: parallel strokes, `gap` px apart, cut at its sides. Strokes rather than a pattern,
 * because a pattern needs an id, and ids of two charts on one page meet.
 *
 * @param angle in degrees, 0 level, anticlockwise
 */
export function hatchPath(corners: readonly Point[], angle: number, gap: number): string {
  const turn = (angle * Math.PI) / 180;
  const along = { x: Math.cos(turn), y: -Math.sin(turn) };
  // The distance of a point from the stroke through the origin: strokes of all polygons lie on one raster.
  const distance = ({ x, y }: Point): number => x * -along.y + y * along.x;
  const distances = corners.map(distance);
  const [lowest, highest] = [Math.min(...distances), Math.max(...distances)];
  const strokes: [number, number, number, number][] = [];
  if (!Number.isFinite(lowest) || !Number.isFinite(highest) || !(gap > 0)) return "";
  for (let at = Math.ceil(lowest / gap) * gap; at <= highest; at += gap) {
    const ends = crossings(corners, distance, at);
    const [first, last] = [ends[0], ends[ends.length - 1]];
    if (first !== undefined && last !== undefined && ends.length > 1) strokes.push([first.x, first.y, last.x, last.y]);
  }
  return strokesPath(strokes);
}

/** Where the sides of a polygon cross the stroke at a distance. A convex one is crossed twice. */
function crossings(corners: readonly Point[], distance: (point: Point) => number, at: number): Point[] {
  const found: Point[] = [];
  corners.forEach((from, index) => {
    const to = corners[(index + 1) % corners.length] ?? from;
    const [before, after] = [distance(from) - at, distance(to) - at];
    if (before < 0 === after < 0) return;
    const share = before / (before - after);
    found.push({ x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share });
  });
  return found;
}

export const rectangleCorners = (x: number, y: number, width: number, height: number): readonly Point[] => [
  { x, y },
  { x: x + width, y },
  { x: x + width, y: y + height },
  { x, y: y + height },
];
