import {
  type Chart,
  type ChartSize,
  channelsChart,
  convergenceChart,
  cubesChart,
  gapChart,
  histogramsChart,
  instancesChart,
  mapsChart,
  noiseChart,
  type ShiftRow,
  shiftsChart,
  sparkline,
  type TensorExtent,
  tileImages,
  timelineChart,
} from "../../src/charts/index.js";
import { CHANNEL_FLAGS, type ChannelColumns } from "../../src/report.js";
import { activations, fashionMnist } from "./sample-data.js";
import { type SampleReport, sampleReport } from "./sample-report.js";

export const images = sampleReport(fashionMnist(1000));
export const layer = sampleReport(activations(fashionMnist(200), 64));
const otherLayer = sampleReport(activations(fashionMnist(400), 64));

export const fashion: TensorExtent = { samples: 10_000, channels: 1, planeValues: 784, planeAxes: "H·W", groups: 1 };
export const wide: TensorExtent = { samples: 10_000, channels: 64, planeValues: 784, planeAxes: "H·W", groups: 8 };
const table: TensorExtent = { samples: 24, channels: 3, planeValues: 1, planeAxes: "", groups: 3 };

const baseline = {
  title: "another run",
  samples: 400,
  mean: otherLayer.columns.mean,
  std: otherLayer.columns.std.map((std) => std * 1.2),
  ...{ noise: null, gap: null, instances: null, histograms: [] },
};
const pointsOf = ({ instances }: SampleReport) => ("absent" in instances ? null : instances.points);
const of = (report: SampleReport, channel: number) => ({
  channel,
  mean: report.columns.mean[channel] ?? Number.NaN,
  std: report.columns.std[channel] ?? Number.NaN,
});

const flagged: ChannelColumns = {
  ...layer.columns,
  flags: layer.columns.flags.map((flags, place) =>
    place === 5 ? CHANNEL_FLAGS.notFinite : place === 9 ? CHANNEL_FLAGS.constant : flags,
  ),
};
const farApart: ChannelColumns = { ...layer.columns, mean: layer.columns.mean.map((mean, place) => (place === 7 ? 4000 : mean)) };

/** Many channels by a formula: a wave with a spread of its own. */
const many: ChannelColumns = (() => {
  const column = (value: (place: number) => number): Float32Array =>
    Float32Array.from({ length: 4096 }, (_, place) => value(place));
  const mean = column((place) => Math.round(200 * Math.sin(place / 300)) / 100 + (place % 7) / 10);
  const std = column((place) => 0.5 + (place % 13) / 13);
  return {
    ...layer.columns,
    index: Uint32Array.from(mean, (_, place) => place),
    mean,
    std,
    min: column((place) => (mean[place] ?? 0) - 4 * (std[place] ?? 0)),
    max: column((place) => (mean[place] ?? 0) + (4 + (place % 5)) * (std[place] ?? 0)),
    instanceStd: column(() => 0.9),
    between: column(() => 0.1),
    flags: Uint8Array.from(mean, (_, place) => (place % 517 === 0 ? CHANNEL_FLAGS.constant : 0)),
  };
})();

const plot = { width: 480, height: 320 };
const strip = { width: 1100, height: 360 };

const SHIFTS: readonly ShiftRow[] = [
  { channel: 7, mean: [10, 13], std: [4, 3], error: 0.1, verdict: "shifted" },
  { channel: 1024, mean: [0, 0.1], std: [1, 30], error: 0.2, verdict: "shifted" },
  { channel: 3, mean: [5, 5], std: [0, 1], error: Number.NaN, verdict: "unknown" },
  { channel: 0, mean: [2, 2.04], std: [1, 1.02], error: 0.01, verdict: "small" },
  { channel: 12, mean: [2, 2.01], std: [1, 0.99], error: 0.05, verdict: "none" },
];

const tilesOf = ({ maps, columns }: SampleReport) => ("absent" in maps ? () => null : tileImages(maps, columns));

/** Every chart with what it can show, at a size of the test's or at its own. */
export const PICTURES: Readonly<Record<string, (size?: ChartSize) => Chart>> = {
  "cubes-batch": (size) => cubesChart(wide, size ?? { width: 700, height: 440 }),
  "cubes-group-selected": (size) =>
    cubesChart(wide, size ?? { width: 700, height: 440 }, { norm: "group", channel: 40, instance: 6000 }),
  "cubes-fashion-mnist-narrow": (size) => cubesChart(fashion, size ?? { width: 440, height: 560 }, { norm: "instance" }),
  "cubes-table": (size) => cubesChart(table, size ?? { width: 700, height: 440 }, { channel: 1 }),
  "channels-64": (size) => channelsChart(layer.columns, size ?? strip, { channel: 12 }),
  "channels-flags-ghosts": (size) => channelsChart(flagged, size ?? strip, { order: "std", baseline }),
  "channels-asinh": (size) => channelsChart(farApart, size ?? strip),
  "channels-4096": (size) => channelsChart(many, size ?? strip, { from: 1000, to: 3500 }),
  "channels-one": (size) => channelsChart(images.columns, size ?? { width: 900, height: 240 }),
  histograms: (size) => histogramsChart(images.histograms, size ?? { width: 420, height: 420 }, of(images, 0)),
  "histograms-ghost": (size) =>
    histogramsChart(layer.histograms, size ?? { width: 420, height: 420 }, {
      ...of(layer, 2),
      ghost: "absent" in otherLayer.histograms ? null : otherLayer.histograms.channels,
    }),
  "maps-across": (size) => mapsChart(images.maps, size ?? { width: 800, height: 420 }, { instance: 7 }),
  "maps-image": (size) => mapsChart(images.maps, size ?? { width: 640, height: 360 }, { image: tilesOf(images) }),
  "maps-narrow": (size) => mapsChart(images.maps, size ?? { width: 300, height: 620 }, { views: ["instance"] }),
  "instances-density": (size) => instancesChart(images.instances, size ?? plot, { eta: 0.064, halfQ: 0.035 }),
  "instances-points": (size) =>
    instancesChart(sampleReport(fashionMnist(120)).instances, size ?? plot, {
      instance: 72,
      ghost: pointsOf(sampleReport(fashionMnist(60))),
    }),
  noise: (size) => noiseChart(images.noise, size ?? plot, { batchSize: 32 }),
  "noise-ghost": (size) =>
    noiseChart(layer.noise, size ?? { width: 300, height: 320 }, {
      batchSize: 128,
      ghost: "absent" in images.noise ? null : images.noise,
    }),
  gap: (size) => gapChart(images.gap, size ?? plot),
  "gap-ghost": (size) =>
    gapChart({ ...layer.gap, isApproximate: true }, size ?? { width: 300, height: 320 }, {
      ghost: "absent" in images.gap ? null : images.gap,
    }),
  timeline: (size) => timelineChart(images.timeline, size ?? { width: 480, height: 170 }),
  convergence: (size) => convergenceChart(images.convergence, size ?? plot),
  "convergence-ghost": (size) => convergenceChart(layer.convergence, size ?? plot, { channel: 16, ghost: () => 0.4 }),
  shifts: (size) => shiftsChart(SHIFTS, { width: size?.width ?? 700, threshold: 0.1, total: 40 }),
  sparkline: (size) => sparkline(layer.columns.std, size ?? { width: 120, height: 24 }),
};
