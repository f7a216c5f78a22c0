import { LABEL_SIZE, label, type PlotArea, xAxis } from "./axis.js";
import type { Chart } from "./chart.js";
import { emptyChart } from "./empty.js";
import { type LegendItem, legend } from "./legend.js";
import { group, type Mark, type MarkChild, mark } from "./mark.js";
import { marker } from "./norm-encoding.js";
import { numberText } from "./numbers.js";
import { path, strokesPath } from "./path.js";
import { linearScale, padded, type Scale } from "./scale.js";
import { textWidth, truncateText } from "./text.js";

/** One channel of two data sets, A and B. Pairs are of A and of B, in units of the data. */
export interface ShiftRow {
  readonly channel: number;
  readonly name?: string | undefined;
  readonly mean: readonly [number, number];
  readonly std: readonly [number, number];
  /** Standard error of the difference of the means; NaN where it is not known. */
  readonly error: number;
  readonly verdict: "shifted" | "unknown" | "small" | "none";
}

export interface ShiftsOptions {
  readonly width: number;
  /** What counts as a shift, in stds. */
  readonly threshold: number;
  /** Channels in all, where not every one has a row. */
  readonly total: number;
}

const ROW = 26;
const BELOW = 44;
const WORDS: Readonly<Record<ShiftRow["verdict"], string>> = { shifted: "shifted", unknown: "unknown", small: "small", none: "" };
/** Farther than this B's interval is cut. */
const FARTHEST = 12;

const LEGEND: readonly LegendItem[] = [
  { text: "A, mean ± std", color: "data", swatch: { kind: "band" } },
  { text: "B, mean ± std", color: "bn", swatch: { kind: "bar" } },
  { text: "B's mean ± 2 standard errors", color: "ink", swatch: { kind: "line", weight: "hair" } },
];

/** The interval of B in A's stds from A's mean; null where A does not vary, or a mean is not finite. */
export function shiftInterval({ mean, std, error }: ShiftRow): { at: number; half: number; error: number } | null {
  const at = (mean[1] - mean[0]) / std[0];
  const half = std[1] / std[0];
  return Number.isFinite(at) && Number.isFinite(half) ? { at, half, error: error / std[0] } : null;
}

/**
 * How two data sets differ, a row a channel: B's mean ± std in A's stds from A's mean, so that A is the same band in every row and what
 * leaves it differs.
 */
export function shiftsChart(rows: readonly ShiftRow[], { width, threshold, total }: ShiftsOptions): Chart {
  if (rows.length === 0) return emptyChart("No channels: there is nothing to compare.", { width, height: 120 });
  const key = legend(LEGEND, width);
  const names = rows.map(({ channel, name }) => truncateText(name || `channel ${channel}`, LABEL_SIZE, width / 4));
  const texts = rows.map(rowText);
  const left = Math.ceil(Math.max(...names.map((name) => textWidth(name, LABEL_SIZE)))) + 12;
  const right = Math.ceil(Math.max(...texts.map((text) => textWidth(text, LABEL_SIZE, true)))) + 12;
  const top = key.height + 8;
  const area: PlotArea = { left, right: width - right, top, bottom: top + rows.length * ROW };
  const ends = rows.flatMap((row) => {
    const interval = shiftInterval(row);
    return interval ? [interval.at - interval.half, interval.at + interval.half] : [];
  });
  const within = (value: number): number => Math.max(-FARTHEST, Math.min(FARTHEST, value));
  const domain = padded([Math.min(-1.2, ...ends.map(within)), Math.max(1.2, ...ends.map(within))], 0.03);
  const x = linearScale(domain, [area.left, area.right]);
  const rest = total - rows.length;
  const height = area.bottom + BELOW + (rest > 0 ? 18 : 0);
  return {
    width,
    height,
    description: `Means and stds of B beside A's: ${names.map((name, i) => `${name} ${texts[i]}`).join("; ")}.`,
    marks: [
      key.mark,
      group("data", mark("rect", { class: "tint", x: x(-1), y: area.top, width: x(1) - x(-1), height: area.bottom - area.top })),
      group("axis", path("hair", strokesPath([[x(0), area.top, x(0), area.bottom]]))),
      group(
        "grid",
        path("hair", strokesPath([-threshold, threshold].map((at) => [x(at), area.top, x(at), area.bottom] as const))),
      ),
      ...rows.flatMap((row, i) => rowMarks(row, names[i] ?? "", texts[i] ?? "", x, area, area.top + (i + 0.5) * ROW)),
      xAxis(x, area, { title: "in A's stds", spacing: 56 }),
      rest > 0 ? label(`${rest} more that differ less`, 0, height - 4, { className: "muted" }) : null,
    ],
  };
}

function rowText(row: ShiftRow): string {
  const interval = shiftInterval(row);
  if (!interval) return "unknown";
  const rounded = (value: number): number => Number(value.toFixed(Math.abs(value) < 100 ? 3 : 0));
  const at = rounded(interval.at);
  return `${at > 0 ? "+" : ""}${numberText(at)} σ, × ${numberText(rounded(interval.half))} ${WORDS[row.verdict]}`.trim();
}

function rowMarks(row: ShiftRow, name: string, text: string, x: Scale, area: PlotArea, y: number): MarkChild[] {
  const interval = shiftInterval(row);
  const isGrave = row.verdict === "shifted" || row.verdict === "unknown";
  return [
    label(name, area.left - 10, y + 4, { className: isGrave ? "strong" : "muted", anchor: "end" }),
    group(isGrave ? "warning" : "muted", label(text, area.right + 12, y + 4, { className: isGrave ? "own strong" : "muted" })),
    interval ? intervalMark(interval, x, area, y) : null,
  ];
}

function intervalMark(
  { at, half, error }: { at: number; half: number; error: number },
  x: Scale,
  area: PlotArea,
  y: number,
): Mark {
  const px = (value: number): number => Math.max(area.left, Math.min(area.right, x(value)));
  const [from, to] = [px(at - half), px(at + half)];
  const reach = Number.isFinite(error) ? [[px(at - 2 * error), y, px(at + 2 * error), y] as const] : [];
  return group(
    "bn",
    mark("rect", { class: "fill", x: from, y: y - 5, width: Math.max(1, to - from), height: 10, "fill-opacity": 0.5 }),
    group("ink", path("line", strokesPath(reach)), marker("circle", px(at), y, 3, "fill")),
  );
}
