import { type Baseline, CHANNEL_FLAGS, type ChannelColumns } from "../report.js";
import { label, type PlotArea, xAxis } from "./axis.js";
import { FLAG_TEXTS } from "./channel-order.js";
import type { Chart, ChartSize } from "./chart.js";
import { GHOST_DASH, type LegendItem, legend } from "./legend.js";
import { group, type Mark, type MarkChild, mark } from "./mark.js";
import { numberText } from "./numbers.js";
import { path, rectanglesPath, strokesPath } from "./path.js";
import { finiteExtent, linearScale, padded, type Scale } from "./scale.js";

interface Figure {
  readonly value: string;
  readonly name: string;
}

const FIGURE_SIZE = 22;
const ROW = 52;

/** One channel as a card: its figures, and a number line of minimum, maximum, μ ± σ and the mean std of one instance. */
export function channelCard(columns: ChannelColumns, size: ChartSize, baseline: Baseline | null): Chart {
  const at = (values: Float32Array): number => values[0] ?? Number.NaN;
  const { mean, std, min, max, instanceStd } = columns;
  const flags = columns.flags[0] ?? 0;
  const own = at(instanceStd) * at(std);
  const figures: Figure[] = [
    { value: numberText(at(mean)), name: "mean μ" },
    { value: numberText(at(std)), name: "std σ of all samples" },
    { value: Number.isFinite(own) ? numberText(own) : "–", name: "mean instance std" },
    { value: `${numberText(at(min))} … ${numberText(at(max))}`, name: "minimum … maximum" },
  ];
  const perRow = size.width >= 760 ? 4 : 2;
  const rows = Math.ceil(figures.length / perRow);
  const items: LegendItem[] = [
    { text: "μ ± σ over all samples (BN)", color: "bn", swatch: { kind: "bar" } },
    { text: "μ ± mean std of one instance (IN)", color: "in", swatch: { kind: "tick" } },
    { text: "min–max", color: "axis", swatch: { kind: "whisker" } },
  ];
  if (baseline !== null) items.push({ text: "second data set", color: "ghost", swatch: { kind: "ghost" } });
  const key = legend(items, size.width);
  const top = key.height + rows * ROW + 14;
  const area: PlotArea = { left: 8, right: size.width - 8, top, bottom: Math.max(top + 30, size.height - 26) };
  const extent = finiteExtent(
    min,
    max,
    [at(mean) - at(std), at(mean) + at(std)],
    baseline === null ? [] : [at(baseline.mean) - at(baseline.std), at(baseline.mean) + at(baseline.std)],
  );
  return {
    ...size,
    description: `One channel: ${figures.map(({ name, value }) => `${name} ${value}`).join(", ")}.`,
    marks: [
      key.mark,
      ...figures.flatMap((figure, index) =>
        figureMarks(figure, (index % perRow) * (size.width / perRow), key.height + 28 + Math.floor(index / perRow) * ROW),
      ),
      flags === 0 ? null : flagText(flags, size.width, key.height),
      extent === null
        ? null
        : numberLine(columns, own, baseline, linearScale(padded(extent, 0.03), [area.left, area.right]), area),
    ],
  };
}

const figureMarks = ({ value, name }: Figure, x: number, y: number): MarkChild[] => [
  label(value, x, y, { className: "strong", size: FIGURE_SIZE }),
  label(name, x, y + 18, { className: "muted", size: 13 }),
];

function flagText(flags: number, width: number, y: number): Mark {
  const names = FLAG_TEXTS.filter(({ bit }) => (flags & bit) !== 0).map(({ glyph, text }) => `${glyph} ${text}`);
  const isGrave = (flags & (CHANNEL_FLAGS.notFinite | CHANNEL_FLAGS.empty)) !== 0;
  return group("warning", label(names.join("   "), width, y + 8, { className: isGrave ? "own strong" : "own", anchor: "end" }));
}

function numberLine(
  { mean, std, min, max }: ChannelColumns,
  own: number,
  baseline: Baseline | null,
  x: Scale,
  area: PlotArea,
): Mark {
  const at = (values: Float32Array): number => values[0] ?? Number.NaN;
  const middle = (area.top + area.bottom) / 2;
  const tall = Math.min(30, area.bottom - area.top - 16);
  const bar = (center: number, half: number, height: number) =>
    [x(center - half), middle - height / 2, x(center + half) - x(center - half), height] as const;
  const upright = (value: number, half: number) => [x(value), middle - half, x(value), middle + half] as const;
  const ends = [upright(at(min), 7), upright(at(max), 7), [x(at(min)), middle, x(at(max)), middle] as const];
  const ghost =
    baseline === null
      ? ""
      : `${rectanglesPath([bar(at(baseline.mean), at(baseline.std), tall + 14)])}${strokesPath([upright(at(baseline.mean), tall / 2 + 7)])}`;
  return group(
    "number-line",
    xAxis(x, area),
    group("axis", path("hair", strokesPath(ends))),
    group(
      "bn",
      mark("path", { class: "fill", d: rectanglesPath([bar(at(mean), at(std), tall)]), "fill-opacity": 0.5 }),
      path("line", strokesPath([upright(at(mean), tall / 2)])),
    ),
    group("in", path("line", strokesPath([upright(at(mean) - own, tall / 2 + 4), upright(at(mean) + own, tall / 2 + 4)]))),
    ghost === "" ? null : group("ghost", mark("path", { class: "edge", d: ghost, "stroke-dasharray": GHOST_DASH })),
  );
}
