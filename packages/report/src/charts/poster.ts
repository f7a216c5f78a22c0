import type { Report, Verdict } from "../report.js";
import { label } from "./axis.js";
import { channelName } from "./channel-name.js";
import { channelsChart } from "./channels.js";
import type { Chart, ChartSize } from "./chart.js";
import { cubesChart } from "./cubes.js";
import { gapChart } from "./gap.js";
import { histogramsChart } from "./histograms.js";
import { instancesChart } from "./instances.js";
import { mapsChart } from "./maps.js";
import { group, type Mark, type MarkChild, mark } from "./mark.js";
import { noiseChart } from "./noise.js";
import { path, strokesPath } from "./path.js";
import { tensorExtent } from "./tensor-extent.js";
import { textWidth, truncateText, wrapText } from "./text.js";
import { tileImages } from "./tile-views.js";

/** What stands on a poster beside its headline. */
export type PosterPart = "reasons" | "cubes" | "noise" | "channels" | "maps" | "curves";

export interface PosterOptions {
  /** Default all; parts that the report does not hold are left out. */
  readonly parts?: readonly PosterPart[] | undefined;
}

const ALL_PARTS: readonly PosterPart[] = ["reasons", "cubes", "channels", "maps", "curves"];

const WIDTH = 1000;
const PADDING = 24;
const GAP = 28;
const HEADLINE = 26;
const TEXT = 14;
const LEADING = 20;
const TITLE = 15;
const INNER = WIDTH - 2 * PADDING;
const CUBES_TITLE = "Which values share a mean";
const NOISE_TITLE = "Noise of a batch";

interface Column {
  readonly marks: readonly MarkChild[];
  /** Where the next thing may begin. */
  readonly bottom: number;
}

/**
 * A whole report as one picture, 1000 px wide, for where nothing is interactive: the verdict, which values share a statistic, the
 * channels, planes, and the curves.
 */
export function posterChart(report: Report, options: PosterOptions = {}): Chart {
  const parts = new Set(options.parts ?? ALL_PARTS);
  const head = headOf(report);
  const rows = [
    parts.has("reasons") || parts.has("cubes") ? firstRow(report, parts) : headlineRow(report),
    parts.has("channels") ? channelsRow(report) : null,
    parts.has("maps") ? mapsRow(report) : null,
    parts.has("curves") ? curvesRow(report) : null,
  ];
  const marks: MarkChild[] = [...head.marks];
  let y = head.bottom;
  for (const row of rows) {
    if (row === null) continue;
    const placed = row(y);
    marks.push(...placed.marks);
    y = placed.bottom + GAP;
  }
  return { width: WIDTH, height: Math.ceil(y - GAP + PADDING), description: report.text.alt, marks };
}

/** The verdict with its reasons beside the cubes; without reasons above them, and the noise beside them. */
function firstRow(report: Report, parts: ReadonlySet<PosterPart>): Row {
  return (y) => {
    if (parts.has("reasons")) {
      const left = Math.round(INNER * 0.42);
      const verdict = verdictColumn(report, { x: PADDING, y, width: left - GAP });
      const cubes = panel(CUBES_TITLE, cubesOf(report, { width: INNER - left, height: 420 }), PADDING + left, y);
      return { marks: [...verdict.marks, ...cubes.marks], bottom: Math.max(verdict.bottom, cubes.bottom) };
    }
    const head = headline(report, { x: PADDING, y, width: INNER });
    const { noise, verdict, baseline } = report;
    const top = head.bottom;
    const hasNoise = parts.has("noise") && !("absent" in noise);
    const left = hasNoise ? 600 : INNER;
    const cubes = panel(CUBES_TITLE, cubesOf(report, { width: left, height: 330 }), PADDING, top);
    const size = { width: INNER - left - GAP, height: 330 };
    const beside = hasNoise
      ? panel(
          NOISE_TITLE,
          noiseChart(noise, size, { batchSize: verdict?.batchSize, ghost: baseline?.noise }),
          PADDING + left + GAP,
          top,
        ).marks
      : [];
    return { marks: [...head.marks, ...cubes.marks, ...beside], bottom: cubes.bottom };
  };
}

const headlineRow =
  (report: Report): Row =>
  (y) =>
    headline(report, { x: PADDING, y, width: INNER });

function headOf({ title, tensor, progress }: Report): Column {
  const shape = `${tensor.shape.join(" × ")} ${tensor.layout}, ${tensor.dtype}${progress ? `, ${Math.round(progress.fraction * 100)} % read, estimate` : ""}`;
  const room = INNER - textWidth(shape, TEXT) - 24;
  return {
    marks: [
      label(truncateText(title, TEXT, room, true), PADDING, PADDING + 12, { className: "strong", size: TEXT }),
      label(shape, PADDING + INNER, PADDING + 12, { className: "muted", anchor: "end", size: TEXT }),
      group("grid", path("hair", strokesPath([[PADDING, PADDING + 24, PADDING + INNER, PADDING + 24]]))),
    ],
    bottom: PADDING + 44,
  };
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** The badge, and the headline under it. */
function headline({ verdict, progress }: Report, { x, y, width }: Place): Column {
  const said = verdict?.headline ?? (progress ? "No verdict yet." : "No verdict.");
  const marks: MarkChild[] = verdict ? [badge(verdict, x, y)] : [];
  let baseline = y + HEADLINE + (verdict ? 30 : 0);
  for (const line of wrapText(said, HEADLINE, width, true)) {
    marks.push(label(line, x, baseline, { className: "strong", size: HEADLINE }));
    baseline += HEADLINE * 1.25;
  }
  return { marks, bottom: baseline };
}

function verdictColumn(report: Report, place: Place): Column {
  const { x, width } = place;
  const head = headline(report, place);
  const marks = [...head.marks];
  let baseline = head.bottom;
  const { reasons = [], caution = "" } = report.verdict ?? {};
  for (const text of [...reasons, caution]) {
    if (text === "") continue;
    baseline += 4;
    for (const line of wrapText(text, TEXT, width)) {
      marks.push(label(line, x, baseline, { className: text === caution ? "muted" : "", size: TEXT }));
      baseline += LEADING;
    }
  }
  return { marks, bottom: baseline - 4 };
}

/** A dot that is full, half or empty, and the word. */
function badge({ certainty }: Verdict, x: number, y: number): Mark {
  const width = textWidth(certainty, 13) + 36;
  const [cx, cy] = [x + 15, y + 11];
  const half = `M${cx} ${cy - 4}A4 4 0 0 0 ${cx} ${cy + 4}Z`;
  return group(
    "axis",
    mark("rect", { class: "hair", x: x + 0.5, y: y + 0.5, width, height: 21, rx: 10.5 }),
    group(
      "muted",
      mark("circle", { class: certainty === "sure" ? "fill" : "edge", cx, cy, r: 4 }),
      certainty === "likely" ? mark("path", { class: "fill", d: half }) : null,
    ),
    label(certainty, x + 26, y + 15.5, { className: "muted", size: 13 }),
  );
}

const cubesOf = ({ tensor, memory, verdict, maps }: Report, size: ChartSize): Chart =>
  cubesChart(tensorExtent(tensor, memory), size, {
    norm: verdict?.norms[0],
    channel: "absent" in maps ? 0 : (maps.channels[0] ?? 0),
    instance: "absent" in maps ? 0 : (maps.instances[0]?.sample ?? 0),
  });

/** A chart under its title. */
function panel(title: string, chart: Chart, x: number, y: number): Column {
  const top = y + 30;
  return {
    marks: [
      label(title, x, y + TITLE, { className: "strong", size: TITLE }),
      mark("g", { transform: `translate(${x} ${top})` }, ...chart.marks),
    ],
    bottom: top + chart.height,
  };
}

type Row = (y: number) => Column;

function channelsRow({ channels, baseline }: Report): Row | null {
  const count = channels.index.length;
  if (count === 0) return null;
  const chart = channelsChart(channels, { width: INNER, height: count === 1 ? 176 : count > 32 ? 320 : 260 }, { baseline });
  return (y) => panel("Channels", chart, PADDING, y);
}

function mapsRow({ maps, channels }: Report): Row | null {
  if ("absent" in maps) return null;
  const chart = mapsChart(maps, { width: INNER, height: 380 }, { image: tileImages(maps, channels) });
  return (y) => panel("Planes, before and after", chart, PADDING, y);
}

/** Three of the curves that there are: they have a third of the width each. */
function curvesRow(report: Report): Row | null {
  const { histograms, noise, gap, instances, verdict, channels, maps, baseline } = report;
  const size = { width: Math.floor((INNER - 2 * GAP) / 3), height: 300 };
  const channel = "absent" in maps ? (channels.index[0] ?? 0) : (maps.channels[0] ?? 0);
  const at = channels.index.indexOf(channel);
  const figures = verdict?.figures;
  const charts: [title: string, isThere: boolean, draw: () => Chart][] = [
    [NOISE_TITLE, !("absent" in noise), () => noiseChart(noise, size, { batchSize: verdict?.batchSize, ghost: baseline?.noise })],
    ["Training against inference", !("absent" in gap), () => gapChart(gap, size, { ghost: baseline?.gap })],
    [
      "Instances",
      !("absent" in instances),
      () =>
        instancesChart(instances, size, {
          eta: figures?.eta ?? null,
          halfQ: figures?.q == null ? null : figures.q / 2,
          ghost: baseline?.instances,
        }),
    ],
    [
      channels.index.length > 1 ? `Values of ${channelName(channels, channel)}` : "Values",
      !("absent" in histograms),
      () =>
        histogramsChart(histograms, size, {
          channel,
          mean: channels.mean[at] ?? Number.NaN,
          std: channels.std[at] ?? Number.NaN,
          ghost: baseline?.histograms,
        }),
    ],
  ];
  const shown = charts.filter(([, isThere]) => isThere).slice(0, 3);
  if (shown.length === 0) return null;
  return (y) => {
    const columns = shown.map(([title, , draw], i) => panel(title, draw(), PADDING + i * (size.width + GAP), y));
    return { marks: columns.flatMap(({ marks }) => marks), bottom: Math.max(...columns.map(({ bottom }) => bottom)) };
  };
}
