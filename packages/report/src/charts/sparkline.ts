import type { Chart, ChartSize } from "./chart.js";
import { group } from "./mark.js";
import { marker } from "./norm-encoding.js";
import { numberText } from "./numbers.js";
import { linePath, type Point, path, strokesPath } from "./path.js";
import { finiteExtent, linearScale } from "./scale.js";
import type { ColorName } from "./theme.js";

export interface SparklineOptions {
  /** Default `data`. */
  readonly color?: ColorName;
  /** A level line, where it lies in the range: 0 for one. */
  readonly level?: number;
}

const COLUMNS = 400;

/** A line the size of a word, its last value marked. Values that are not finite are gaps; long ones are thinned to 400 points. */
export function sparkline(values: ArrayLike<number>, size: ChartSize, options: SparklineOptions = {}): Chart {
  const { color = "data", level } = options;
  const extent = finiteExtent(values);
  if (extent === null) return { ...size, description: "No values.", marks: [] };
  const stride = Math.max(1, Math.ceil(values.length / COLUMNS));
  const x = linearScale([0, Math.max(1, values.length - 1)], [2, size.width - 4]);
  const y = linearScale(extent, [size.height - 3, 3]);
  const points: Point[] = [];
  for (let index = values.length - 1; index >= 0; index -= stride)
    points.unshift({ x: x(index), y: y(values[index] ?? Number.NaN) });
  const last = points.findLast((point) => Number.isFinite(point.y));
  const hasLevel = level !== undefined && level >= extent[0] && level <= extent[1];
  return {
    ...size,
    description: `From ${numberText(values[0] ?? Number.NaN)} to ${numberText(values[values.length - 1] ?? Number.NaN)}, between ${numberText(extent[0])} and ${numberText(extent[1])}.`,
    marks: [
      hasLevel ? group("grid", path("hair", strokesPath([[0, y(level), size.width, y(level)]]))) : null,
      group(color, path("edge", linePath(points)), last === undefined ? null : marker("circle", last.x, last.y, 2, "fill")),
    ],
  };
}
