import { coordinate, type Mark, mark } from "./mark.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The `d` of a line through points. A point that is not finite breaks the line; a lone point becomes a dot of a round cap. */
export function linePath(points: readonly Point[]): string {
  let path = "";
  let drawing = false;
  for (const { x, y } of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      drawing = false;
      continue;
    }
    path += `${drawing ? "L" : "M"}${coordinate(x)} ${coordinate(y)}`;
    drawing = true;
  }
  return path;
}

/** The `d` of closed polygons. */
export function polygonPath(points: readonly Point[]): string {
  return points.length === 0 ? "" : `${linePath(points)}Z`;
}

/** The `d` of the area between two lines that share their x; gaps where either is not finite. */
export function areaPath(upper: readonly Point[], lower: readonly Point[]): string {
  let path = "";
  let start = 0;
  const defined = (index: number): boolean => {
    const a = upper[index];
    const b = lower[index];
    return a !== undefined && b !== undefined && Number.isFinite(a.x + a.y + b.x + b.y);
  };
  for (let index = 0; index <= upper.length; index++) {
    if (index < upper.length && defined(index)) continue;
    if (index > start) path += polygonPath([...upper.slice(start, index), ...lower.slice(start, index).reverse()]);
    start = index + 1;
  }
  return path;
}

/** The `d` of upright or level strokes: x0 y0 x1 y1 of each, one path for them all. */
export function strokesPath(strokes: readonly (readonly [number, number, number, number])[]): string {
  return strokes
    .filter((stroke) => stroke.every(Number.isFinite))
    .map(([x0, y0, x1, y1]) => {
      const from = `M${coordinate(x0)} ${coordinate(y0)}`;
      if (x0 === x1) return `${from}V${coordinate(y1)}`;
      return y0 === y1 ? `${from}H${coordinate(x1)}` : `${from}L${coordinate(x1)} ${coordinate(y1)}`;
    })
    .join("");
}

/** The `d` of rectangles: x, y, width, height of each, one path for them all. */
export function rectanglesPath(rectangles: readonly (readonly [number, number, number, number])[]): string {
  return rectangles
    .filter(([x, y, width, height]) => [x, y, width, height].every(Number.isFinite) && width > 0 && height > 0)
    .map(
      ([x, y, width, height]) =>
        `M${coordinate(x)} ${coordinate(y)}h${coordinate(width)}v${coordinate(height)}h${coordinate(-width)}Z`,
    )
    .join("");
}

export const path = (className: string, d: string): Mark | null => (d === "" ? null : mark("path", { class: className, d }));
