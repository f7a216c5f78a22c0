import type { Chart } from "../charts/chart.js";
import type { Mark, MarkChild } from "../charts/mark.js";
import { type PosterPart, posterChart } from "../charts/poster.js";
import type { Rasterizer } from "../picture/rasterizer.js";
import type { Report } from "../report.js";

/** What a picture of few bytes shows, the richest first, with how many pixels a px of it has. */
const CHOICES: readonly (readonly [parts: readonly PosterPart[], scale: number])[] = [
  [["cubes", "noise", "channels", "maps"], 1.5],
  [["cubes", "noise", "maps"], 1.5],
  [["cubes", "noise", "maps"], 1.25],
  [["cubes", "noise", "channels", "curves"], 1.5],
  [["cubes", "noise", "channels"], 1.5],
  [["cubes", "noise", "channels", "maps"], 1],
  [["cubes", "noise", "channels"], 1],
  [["cubes", "noise"], 1],
  [["cubes"], 1],
];

/** A picture and the width that it is shown at, px. */
export interface Picture {
  readonly png: Uint8Array;
  readonly width: number;
}

/** The picture of a report that says most within so many bytes; null where none is as small as that. */
export function posterPng(report: Report, rasterize: Rasterizer, mostBytes: number): Picture | null {
  for (const [parts, scale] of CHOICES) {
    if (parts.includes("maps") && "absent" in report.maps) continue;
    if (parts.includes("curves") && !("absent" in report.maps)) continue;
    const chart = withoutHatches(posterChart(report, { parts }));
    const png = rasterize(chart, { scale });
    if (png.length <= mostBytes) return { png, width: chart.width };
  }
  return null;
}

const HATCHES = new Set(["over", "hatch"]);

/** Hatches take half of a picture's bytes. Each norm has its letters, so that colour does not speak alone without them. */
function withoutHatches(chart: Chart): Chart {
  const kept = (children: readonly MarkChild[]): MarkChild[] =>
    children
      .filter((child) => child === null || typeof child === "string" || !HATCHES.has(String(child.attributes.class)))
      .map((child) => (child === null || typeof child === "string" ? child : pruned(child)));
  const pruned = (node: Mark): Mark => ({ ...node, children: kept(node.children).filter((child) => child !== null) });
  return { ...chart, marks: kept(chart.marks) };
}
