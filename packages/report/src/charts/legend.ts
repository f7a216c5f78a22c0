import { LABEL_SIZE, label } from "./axis.js";
import { hatchPath, rectangleCorners } from "./hatch.js";
import { group, type Mark, mark } from "./mark.js";
import { type MarkerShape, marker } from "./norm-encoding.js";
import { path, strokesPath } from "./path.js";
import { textWidth } from "./text.js";
import type { ColorName } from "./theme.js";

/** What a legend shows beside a text: the mark as the chart draws it. */
export type Swatch =
  | { readonly kind: "line"; readonly dash?: string; readonly weight?: "line" | "edge" | "hair" }
  | { readonly kind: "band" | "bar" | "ghost" | "hatch" | "tick" | "whisker" }
  | { readonly kind: "glyph"; readonly glyph: string }
  | { readonly kind: "dot" | "hollow"; readonly shape: MarkerShape };

export interface LegendItem {
  readonly text: string;
  readonly color: ColorName;
  readonly swatch: Swatch;
}

export interface Legend {
  readonly height: number;
  readonly mark: Mark;
}

const ROW = 19;
const SWATCH = 20;

/** Items in rows from the left that wrap at `width`; its height is known before the chart is laid out. */
export function legend(items: readonly LegendItem[], width: number): Legend {
  let [x, y] = [0, 0];
  const marks = items.map((item) => {
    const itemWidth = SWATCH + 6 + textWidth(item.text, LABEL_SIZE);
    if (x > 0 && x + itemWidth > width) {
      x = 0;
      y += ROW;
    }
    const placed = group("", swatchMark(item, x, y + 8), label(item.text, x + SWATCH + 6, y + 12, { className: "muted" }));
    x += itemWidth + 16;
    return placed;
  });
  return { height: items.length === 0 ? 0 : y + ROW, mark: mark("g", { class: "legend" }, ...marks) };
}

function swatchMark({ color, swatch }: LegendItem, x: number, middle: number): Mark {
  const right = x + SWATCH;
  const across = strokesPath([[x, middle, right, middle]]);
  const box = { x: x + 2, y: middle - 5, width: SWATCH - 4, height: 10 };
  switch (swatch.kind) {
    case "line":
      return group(color, mark("path", { class: swatch.weight ?? "line", d: across, ...dashed(swatch.dash) }));
    case "band":
      return group(color, mark("rect", { class: "tint", ...box }));
    case "bar":
      return group(color, mark("rect", { class: "fill", ...box, x: x + 6, width: 8, "fill-opacity": 0.55 }));
    case "ghost":
      return group(color, mark("path", { class: "edge", d: across, "stroke-dasharray": GHOST_DASH }));
    case "hatch":
      return group(
        color,
        path("hatch", hatchPath(rectangleCorners(box.x, box.y, box.width, box.height), 45, 4)),
        mark("rect", { class: "hair", ...box }),
      );
    case "tick":
      return group(color, mark("path", { class: "line", d: strokesPath([[x + 5, middle, right - 5, middle]]) }));
    case "whisker":
      return group(color, path("hair", strokesPath([[x + SWATCH / 2, middle - 6, x + SWATCH / 2, middle + 6]])));
    case "glyph":
      return group(color, label(swatch.glyph, x + SWATCH / 2, middle + 4, { className: "own strong", anchor: "middle" }));
    default:
      return group(color, marker(swatch.shape, x + SWATCH / 2, middle, 4, swatch.kind === "dot" ? "fill" : "hollow"));
  }
}

/** The dash of a second data set's marks. */
export const GHOST_DASH = "3 3";

export const dashed = (dash: string | undefined): Readonly<Record<string, string>> =>
  dash === undefined || dash === "none" ? {} : { "stroke-dasharray": dash };
