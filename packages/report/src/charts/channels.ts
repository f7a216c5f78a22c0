import { CHANNEL_FLAGS, type ChannelColumns } from "../report.js";
import { hitMark, LABEL_SIZE, label, type PlotArea, yAxis } from "./axis.js";
import { channelCard } from "./channel-card.js";
import { type ChannelColumn, channelColumns } from "./channel-columns.js";
import { type ChannelLayout, type ChannelsOptions, channelLayout } from "./channel-layout.js";
import { type ChannelOrder, FLAG_TEXTS } from "./channel-order.js";
import type { Chart, ChartSize } from "./chart.js";
import { emptyChart } from "./empty.js";
import { hatchPath, rectangleCorners } from "./hatch.js";
import { GHOST_DASH } from "./legend.js";
import { group, type Mark, type MarkChild, mark } from "./mark.js";
import { countText } from "./numbers.js";
import { areaPath, linePath, path, rectanglesPath, strokesPath } from "./path.js";
import { finiteExtent, linearScale } from "./scale.js";
import { textWidth } from "./text.js";

/**
 * Every channel's μ ± σ with its minimum and maximum, the mean std of one instance, and flags below. More channels than px
 * are drawn as an envelope with the median. One channel is a card.
 * @param known the layout of the same arguments, where it has been worked out already
 */
export function channelsChart(
  columns: ChannelColumns,
  size: ChartSize,
  options: ChannelsOptions = {},
  known?: ChannelLayout,
): Chart {
  const count = columns.index.length;
  if (count === 0) return emptyChart("No channels: there is nothing to show.", size);
  if (count === 1) return channelCard(columns, size, options.baseline ?? null);
  const layout = known ?? channelLayout(columns, size, options);
  const { key, area, y, isAsinh, isCut, from, to } = layout;
  const data = [
    layout.isEnvelope ? envelopeMarks(layout) : barMarks(layout),
    options.baseline ? ghostMarks(layout, options.isMoving ?? false) : null,
  ];
  const notes = [isAsinh ? "asinh scale" : "", isCut ? "min and max cut" : ""].filter((note) => note !== "");
  const title = notes.length === 0 ? "values" : `values (${notes.join(", ")})`;
  return {
    ...size,
    description: `Means and stds of ${countText(count)} channels${to - from < count ? `, ${countText(to - from)} of them shown` : ""}.`,
    marks: [
      key.mark,
      overviewMarks(columns, layout, options),
      yAxis(y, area, { title }),
      channelSelection(columns, layout, options.channel),
      ...(options.isMoving ? [mark("g", { "shape-rendering": "optimizeSpeed" }, ...data)] : data),
      flagMarks(layout),
      channelAxis(columns, layout, options),
      hitMark("channels", { ...area, bottom: area.bottom + layout.gutterHeight }),
    ],
  };
}

const within = (value: number, area: PlotArea): number => Math.min(area.bottom, Math.max(area.top, value));

function barMarks({ columns, area, x, y, step }: ChannelLayout): Mark {
  const width = Math.min(26, Math.max(1, step * 0.62));
  const middles = columns.map((column) => x(column.from));
  const whiskers = columns.map(({ minimum, maximum }, index) => {
    const at = middles[index] ?? 0;
    return [at, within(y(maximum), area), at, within(y(minimum), area)] as const;
  });
  const bars = columns.map(
    ({ low, high }, index) => [(middles[index] ?? 0) - width / 2, y(high), width, Math.max(1, y(low) - y(high))] as const,
  );
  const across = (value: number, reach: number, index: number) =>
    [(middles[index] ?? 0) - reach, y(value), (middles[index] ?? 0) + reach, y(value)] as const;
  const means = columns.map(({ mean }, index) => across(mean, width / 2, index));
  const reach = Math.max(0.5, Math.min(width / 2 + 3, step * 0.42));
  const ticks = columns.flatMap(({ mean, instanceStd }, index) =>
    [mean - instanceStd, mean + instanceStd].map((value) => across(value, reach, index)),
  );
  return group(
    "channels",
    group("axis", path(step < 8 ? "hair faint" : "hair", strokesPath(whiskers))),
    group(
      "bn",
      mark("path", { class: "fill", d: rectanglesPath(bars), "fill-opacity": 0.5 }),
      path(step > 4 ? "line" : "hair", strokesPath(means)),
    ),
    group("in", mark("path", { class: "line", d: strokesPath(ticks), "stroke-linecap": "butt" })),
  );
}

function envelopeMarks({ columns, area, x, y }: ChannelLayout): Mark {
  const middle = ({ from, to }: ChannelColumn): number => x((from + to - 1) / 2);
  const line = (key: "low" | "high" | "minimum" | "maximum" | "mean") =>
    columns.map((column) => ({ x: middle(column), y: within(y(column[key]), area) }));
  return group(
    "channels",
    group("axis", path("tint", areaPath(line("maximum"), line("minimum")))),
    group(
      "bn",
      mark("path", { class: "fill", d: areaPath(line("high"), line("low")), "fill-opacity": 0.45 }),
      path("edge", linePath(line("mean"))),
    ),
  );
}

/** In motion they are not dashed: dashes cost more than all the rest of the picture. */
function ghostMarks({ columns, x, y, step, isEnvelope, area }: ChannelLayout, isMoving: boolean): Mark {
  const dash = isMoving ? {} : { "stroke-dasharray": GHOST_DASH };
  const middle = ({ from, to }: ChannelColumn): number => x((from + to - 1) / 2);
  if (isEnvelope || step < 4) {
    const d = linePath(columns.map((column) => ({ x: middle(column), y: within(y(column.ghostMean), area) })));
    return group("ghost", mark("path", { class: "edge", d, ...dash }));
  }
  const width = Math.min(32, Math.max(3, step * 0.86));
  const boxes = columns.map((column) => {
    const [high, low] = [y(column.ghostMean + column.ghostStd), y(column.ghostMean - column.ghostStd)];
    return [middle(column) - width / 2, high, width, low - high] as const;
  });
  const means = columns.map(
    (column) => [middle(column) - width / 2, y(column.ghostMean), middle(column) + width / 2, y(column.ghostMean)] as const,
  );
  return group("ghost", mark("path", { class: "edge", d: `${rectanglesPath(boxes)}${strokesPath(means)}`, ...dash }));
}

/** Columns narrower than this are not hatched: a hatch of them would be dots. */
const HATCHED_FROM = 4;

/** Flags in the gutter: a glyph where there is room, else a tick. What is not finite is hatched over the plot's height too. */
function flagMarks({ columns, area, x, step, gutter, isEnvelope }: ChannelLayout): Mark {
  const middle = ({ from, to }: ChannelColumn): number => x((from + to - 1) / 2);
  const flagged = columns.filter(({ flags }) => flags !== 0);
  const broken = flagged.filter(({ flags }) => (flags & (CHANNEL_FLAGS.notFinite | CHANNEL_FLAGS.empty)) !== 0);
  const width = Math.max(2, step * 0.9);
  const hatches = (step < HATCHED_FROM ? [] : broken).map((column) =>
    hatchPath(rectangleCorners(middle(column) - width / 2, area.top, width, area.bottom - area.top), 45, 6),
  );
  const glyphOf = (flags: number): string => FLAG_TEXTS.find(({ bit }) => (flags & bit) !== 0)?.glyph ?? "";
  const marks: MarkChild[] =
    step >= 9 && !isEnvelope
      ? flagged.map((column) =>
          label(glyphOf(column.flags), middle(column), gutter + 14, { className: "own strong", anchor: "middle" }),
        )
      : [path("line", strokesPath(flagged.map((column) => [middle(column), gutter + 4, middle(column), gutter + 13] as const)))];
  return group("warning", path("hatch", hatches.join("")), ...marks);
}

/** The selected channel: a frame through the plot's height. A page draws it over the chart, which then need not be drawn again. */
export function channelSelection(
  columns: ChannelColumns,
  { area, x, order, from, to, gutterHeight }: ChannelLayout,
  channel: number | undefined,
): Mark | null {
  const place = channel === undefined ? -1 : order.findIndex((each) => columns.index[each] === channel);
  if (place < from || place >= to) return null;
  const width = Math.max(3, (area.right - area.left) / (to - from));
  return group(
    "ink",
    mark("rect", { class: "wash", x: x(place) - width / 2, y: area.top, width, height: area.bottom - area.top }),
    mark("path", {
      class: "hair",
      d: strokesPath(
        [-1, 1].map(
          (side) => [x(place) + (side * width) / 2, area.top, x(place) + (side * width) / 2, area.bottom + gutterHeight] as const,
        ),
      ),
    }),
  );
}

/** Numbers of channels under the gutter, as many as stand without meeting, and what they are sorted by. */
function channelAxis(columns: ChannelColumns, layout: ChannelLayout, { order: by, isMoving }: ChannelsOptions): Mark {
  const { area, gutter, gutterHeight } = layout;
  const sorted: Readonly<Record<string, string>> = {
    mean: "channel, by μ",
    std: "channel, by σ",
    between: "channel, by √ρ",
    flags: "channel, flagged first",
  };
  return group(
    "x-axis",
    group("axis", path("hair", strokesPath([[area.left, gutter, area.right, gutter]]))),
    ...(isMoving ? endNumbers(columns, layout) : channelNumbers(columns, layout)),
    label(`${sorted[by ?? "index"] ?? "channel"} →`, area.right, gutter + gutterHeight + 30, {
      className: "muted",
      anchor: "end",
    }),
  );
}

function channelNumbers(columns: ChannelColumns, { order, area, x, from, to, gutter, gutterHeight }: ChannelLayout): Mark[] {
  const widest = textWidth(String(columns.index.at(-1) ?? 0), LABEL_SIZE) + 12;
  const stride = niceStride(Math.ceil((widest * (to - from)) / (area.right - area.left)));
  const numbers: Mark[] = [];
  for (let place = Math.ceil(from / stride) * stride; place < to; place += stride) {
    numbers.push(
      label(String(columns.index[order[place] ?? 0]), x(place), gutter + gutterHeight + 12, {
        className: "muted",
        anchor: "middle",
      }),
    );
  }
  return numbers;
}

/** The first and the last number, while a brush moves: setting many anew would take a quarter of a frame. */
function endNumbers(columns: ChannelColumns, { order, area, from, to, gutter, gutterHeight }: ChannelLayout): Mark[] {
  const ends = [
    { place: from, x: area.left, anchor: "start" },
    { place: to - 1, x: area.right, anchor: "end" },
  ] as const;
  return ends.map(({ place, x, anchor }) =>
    label(String(columns.index[order[place] ?? 0]), x, gutter + gutterHeight + 12, { className: "muted", anchor }),
  );
}

/** 1, 2, 4, 5, 8, 10, 16 …: strides that channel counts divide by. */
function niceStride(least: number): number {
  const strides = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
  return strides.find((stride) => stride >= least) ?? least;
}

/** The strip of all channels: envelope of μ ± σ, median, and the brush. */
function overviewMarks(columns: ChannelColumns, layout: ChannelLayout, options: ChannelsOptions): Mark | null {
  const { overview, order, from, to } = layout;
  if (overview === null) return null;
  const { top, bottom, left, right } = overview;
  const at = (place: number): number => left + (place / order.length) * (right - left);
  const isBrushed = options.from !== undefined || options.to !== undefined;
  const brush = { x: at(from), y: top, width: at(to) - at(from), height: bottom - top };
  return group(
    "overview",
    mark("rect", { class: "panel", x: left, y: top, width: right - left, height: bottom - top }),
    overviewLines(columns, layout, options.order ?? "index", overview),
    isBrushed ? group("ink", mark("rect", { class: "wash", ...brush }), mark("rect", { class: "edge", ...brush })) : null,
    hitMark("overview", overview),
  );
}

const overviews = new WeakMap<ChannelColumns, { readonly key: string; readonly lines: Mark }>();

/** The strip's lines, which stay while a brush moves over them: they are worked out once. */
function overviewLines(columns: ChannelColumns, layout: ChannelLayout, by: ChannelOrder, overview: PlotArea): Mark {
  const { order, isAsinh, y: scale } = layout;
  const { left, right, top, bottom } = overview;
  const key = [by, left, right, top, bottom, isAsinh ? [...scale.domain, ...scale.range] : ""].join();
  const known = overviews.get(columns);
  if (known?.key === key) return known.lines;
  const width = right - left;
  const drawn = channelColumns(columns, order, { from: 0, to: order.length, count: width / 2 }, null);
  const extent = finiteExtent(drawn.flatMap(({ low, high }) => [low, high])) ?? [0, 1];
  const y = isAsinh ? rescaled(layout, overview) : linearScale(extent, [bottom - 2, top + 2]);
  const at = (place: number): number => left + (place / order.length) * width;
  const line = (key: "low" | "high" | "mean") =>
    drawn.map((column) => ({ x: at((column.from + column.to) / 2), y: y(column[key]) }));
  const lines = group("data", path("tint", areaPath(line("high"), line("low"))), path("hair", linePath(line("mean"))));
  overviews.set(columns, { key, lines });
  return lines;
}

/** The plot's own bent scale, pressed into the strip. */
function rescaled({ y, area }: ChannelLayout, overview: PlotArea): (value: number) => number {
  const share = (overview.bottom - overview.top - 4) / (area.bottom - area.top);
  return (value) => overview.top + 2 + (y(value) - area.top) * share;
}
