import type { ReportNorm } from "../report.js";
import { type Mark, mark } from "./mark.js";
import { polygonPath } from "./path.js";

/**
 * How a norm is drawn. Colour never speaks alone: each norm has a dash, a marker, a hatch and its letters too.
 * The angle of a hatch is in degrees, 0 level, anticlockwise.
 */
export interface NormEncoding {
  readonly letters: "BN" | "IN" | "GN" | "LN";
  readonly title: string;
  readonly color: "bn" | "in" | "gn" | "ln";
  readonly dash: string;
  readonly marker: MarkerShape;
  readonly hatchAngle: number;
}

export type MarkerShape = "circle" | "diamond" | "triangle" | "square";

export const NORMS: Readonly<Record<ReportNorm, NormEncoding>> = {
  batch: { letters: "BN", title: "Batch norm", color: "bn", dash: "none", marker: "circle", hatchAngle: 45 },
  instance: { letters: "IN", title: "Instance norm", color: "in", dash: "7 4", marker: "diamond", hatchAngle: 135 },
  group: { letters: "GN", title: "Group norm", color: "gn", dash: "2 4", marker: "triangle", hatchAngle: 90 },
  layer: { letters: "LN", title: "Layer norm", color: "ln", dash: "9 4 2 4", marker: "square", hatchAngle: 0 },
};

/** A marker of about the same area whatever its shape, filled or hollow, centred on (x, y). */
export function marker(shape: MarkerShape, x: number, y: number, radius: number, className: "fill" | "hollow"): Mark {
  if (shape === "circle") return mark("circle", { class: className, cx: x, cy: y, r: radius });
  return mark("path", { class: className, d: polygonPath(markerCorners(shape, x, y, radius)) });
}

function markerCorners(shape: Exclude<MarkerShape, "circle">, x: number, y: number, radius: number) {
  const corners = shape === "triangle" ? 3 : 4;
  const reach = radius * (shape === "triangle" ? 1.45 : 1.25);
  const start = shape === "square" ? Math.PI / 4 : -Math.PI / 2;
  return Array.from({ length: corners }, (_, index) => {
    const angle = start + (index * 2 * Math.PI) / corners;
    return { x: x + reach * Math.cos(angle), y: y + reach * Math.sin(angle) };
  });
}
