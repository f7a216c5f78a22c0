import {
  CHANNEL_FLAGS,
  type ChannelColumns,
  type ChannelHistogram,
  type Convergence,
  type Gap,
  type Histograms,
  type InstancePoints,
  type Instances,
  type Maps,
  type Noise,
  type Timeline,
} from "../../src/report.js";
import type { Images } from "./sample-data.js";

/**
 * The parts of a report that charts draw, computed straight from the values: two passes, no tree, no shards. Small data only;
 * it is here so that pictures show real figures.
 */
export interface SampleReport {
  readonly columns: ChannelColumns;
  readonly histograms: Histograms;
  readonly instances: Instances;
  readonly maps: Maps;
  readonly noise: Noise;
  readonly gap: Gap;
  readonly convergence: Convergence;
  readonly timeline: Timeline;
}

interface Plane {
  readonly sample: number;
  readonly channel: number;
  readonly mean: number;
  readonly variance: number;
}

interface ChannelMoments {
  readonly mean: number;
  readonly variance: number;
  readonly b2: number;
  readonly b4: number;
  readonly v2: number;
  readonly c12: number;
  readonly planes: readonly Plane[];
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

export function sampleReport(images: Images): SampleReport {
  const size = images.height * images.width;
  const plane = (n: number, c: number): Float32Array =>
    images.values.subarray((n * images.channels + c) * size, (n * images.channels + c + 1) * size);
  const channels = Array.from({ length: images.channels }, (_, c) => channelMoments(images, c, plane));
  return {
    columns: columnsOf(images, channels, plane),
    histograms: histogramsOf(images, channels, plane),
    instances: instancesOf(images, channels),
    maps: mapsOf(images, channels, plane),
    noise: noiseOf(images, channels),
    gap: gapOf(images, channels, 32, 0.1),
    convergence: convergenceOf(images, channels),
    timeline: timelineOf(),
  };
}

function channelMoments(images: Images, channel: number, plane: (n: number, c: number) => Float32Array): ChannelMoments {
  const planes = Array.from({ length: images.samples }, (_, sample): Plane => {
    const values = Array.from(plane(sample, channel));
    const mean = average(values);
    return { sample, channel, mean, variance: average(values.map((value) => (value - mean) ** 2)) };
  });
  const mean = average(planes.map((each) => each.mean));
  const within = average(planes.map((each) => each.variance));
  const squares = planes.map((each) => (each.mean - mean) ** 2);
  const b2 = average(squares);
  return {
    mean,
    variance: within + b2,
    b2,
    b4: average(squares.map((square) => square * square)),
    v2: average(planes.map((each) => (each.variance - within) ** 2)),
    c12: average(planes.map((each, index) => (each.variance - within) * (squares[index] ?? 0))),
    planes,
  };
}

function columnsOf(
  images: Images,
  channels: readonly ChannelMoments[],
  plane: (n: number, c: number) => Float32Array,
): ChannelColumns {
  const ends = channels.map((_, c) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let n = 0; n < images.samples; n++) {
      for (const value of plane(n, c)) [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
    return [low, high] as const;
  });
  const of = (value: (channel: ChannelMoments, index: number) => number): Float32Array => Float32Array.from(channels, value);
  return {
    index: Uint32Array.from(channels, (_, index) => index),
    mean: of((each) => each.mean),
    std: of((each) => Math.sqrt(each.variance)),
    min: of((_, index) => ends[index]?.[0] ?? Number.NaN),
    max: of((_, index) => ends[index]?.[1] ?? Number.NaN),
    instanceStd: of((each) => average(each.planes.map(({ variance }) => Math.sqrt(variance))) / Math.sqrt(each.variance)),
    between: of((each) => Math.sqrt(each.b2 / each.variance)),
    varianceSpread: of((each) => Math.sqrt(each.v2) / each.variance),
    meanFourth: of((each) => Math.sqrt(each.b4) / each.variance),
    meanVarianceCorrelation: of((each) => each.c12 / Math.sqrt(each.v2 * (each.b4 - each.b2 ** 2) || 1)),
    flags: Uint8Array.from(channels, (each) => (each.variance === 0 ? CHANNEL_FLAGS.constant : 0)),
  };
}

const Z_RANGE = 6;
const Z_BINS = 48;

function histogramsOf(
  images: Images,
  channels: readonly ChannelMoments[],
  plane: (n: number, c: number) => Float32Array,
): Histograms {
  const bin = (z: number): number =>
    z < -Z_RANGE ? 0 : z >= Z_RANGE ? Z_BINS + 1 : 1 + Math.floor(((z + Z_RANGE) / (2 * Z_RANGE)) * Z_BINS);
  const counted = channels.slice(0, 4).map(({ mean, variance, planes }, channel): ChannelHistogram => {
    const std = Math.sqrt(variance);
    const all = planes.flatMap((each) => Array.from(plane(each.sample, channel)));
    const [low, high] = all.reduce(
      ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
    const exponent = Math.ceil(Math.log2((high - low || 1) / 511));
    const first = Math.floor(low / 2 ** exponent);
    const input = new Float32Array(Math.floor(high / 2 ** exponent) - first + 1);
    const [batch, instance] = [new Float32Array(Z_BINS + 2), new Float32Array(Z_BINS + 2)];
    const add = (into: Float32Array, index: number, share: number): void => {
      into[index] = (into[index] ?? 0) + share;
    };
    for (const value of all) {
      add(input, Math.floor(value / 2 ** exponent) - first, 1 / all.length);
      add(batch, bin((value - mean) / std), 1 / all.length);
    }
    const varying = planes.filter((each) => each.variance > 0);
    for (const each of varying) {
      const values = plane(each.sample, channel);
      for (const value of values)
        add(instance, bin((value - each.mean) / Math.sqrt(each.variance)), 1 / (values.length * varying.length));
    }
    return { channel, exponent, first, input, batch, instance };
  });
  return {
    fraction: 1,
    values: images.samples * images.height * images.width,
    zRange: Z_RANGE,
    zBins: Z_BINS,
    channels: counted,
  };
}

function instancesOf(images: Images, channels: readonly ChannelMoments[]): Instances {
  const points = channels.flatMap(({ mean, variance, planes }) =>
    planes.map((each) => ({ ...each, x: (each.mean - mean) / Math.sqrt(variance), y: Math.sqrt(each.variance / variance) })),
  );
  const [columns, rows] = [64, 48];
  const reach = Math.max(...points.map(({ x }) => Math.abs(x))) * 1.05;
  const [xs, ys] = [[-reach, reach] as const, [0, Math.max(...points.map(({ y }) => y)) * 1.05] as const];
  const counts = new Float64Array(columns * rows);
  for (const { x, y } of points) {
    const cell =
      Math.min(rows - 1, Math.floor((y / ys[1]) * rows)) * columns +
      Math.min(columns - 1, Math.floor(((x - xs[0]) / (2 * reach)) * columns));
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  const largest = Math.max(...counts);
  const far = [...points].sort((a, b) => Math.hypot(b.x, b.y - 1) - Math.hypot(a.x, a.y - 1));
  const pack = (some: typeof points): InstancePoints => ({
    sample: Uint32Array.from(some, ({ sample }) => sample),
    channel: Uint32Array.from(some, ({ channel }) => channel),
    x: Float32Array.from(some, ({ x }) => x),
    y: Float32Array.from(some, ({ y }) => y),
  });
  return {
    fraction: 1,
    sampled: images.samples,
    density: {
      columns,
      rows,
      x: xs,
      y: ys,
      cells: Uint8Array.from(counts, (count) => Math.round((255 * Math.log1p(count)) / Math.log1p(largest))),
      largest,
    },
    points: pack(points.slice(0, 2048)),
    outliers: pack(far.slice(0, Math.min(32, points.length))),
  };
}

function mapsOf(images: Images, channels: readonly ChannelMoments[], plane: (n: number, c: number) => Float32Array): Maps {
  const planes = channels[0]?.planes ?? [];
  const byMean = [...planes].sort((a, b) => a.mean - b.mean);
  const byStd = [...planes].sort((a, b) => a.variance - b.variance);
  const picked = [
    { plane: byMean[byMean.length >> 1], role: "median" },
    { plane: byMean[0], role: "lowMean" },
    { plane: byMean.at(-1), role: "highMean" },
    { plane: byStd[0], role: "lowStd" },
    { plane: byStd.at(-1), role: "highStd" },
    { plane: planes[7], role: "sample" },
  ] as const;
  const instances = picked.flatMap(({ plane: each, role }) => (each === undefined ? [] : [{ sample: each.sample, role }]));
  const tiles = instances.map(({ sample }) => {
    const values = plane(sample, 0);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const pixels = Uint8Array.from(values, (value) => 1 + Math.round(((value - low) / (high - low || 1)) * 254));
    const { mean, variance } = planes[sample] ?? { mean: Number.NaN, variance: Number.NaN };
    return { sample, channel: 0, mean, std: Math.sqrt(variance), low, high, pixels };
  });
  return {
    instances,
    channels: [0],
    sourceWidth: images.width,
    sourceHeight: images.height,
    width: images.width,
    height: images.height,
    tiles,
  };
}

/** Parts of J² of a channel at B: from means and from variances. */
function noiseParts({ variance, b2, b4, v2, c12 }: ChannelMoments, samples: number, batch: number): { eta2: number; q2: number } {
  const f = samples > 1 ? (samples - batch) / (samples - 1) : 0;
  const scaled =
    v2 / batch + ((batch - 1) / batch ** 3) * ((batch - 1) * b4 - (batch - 3) * b2 ** 2) + (2 * c12 * (batch - 1)) / batch ** 2;
  return { eta2: ((b2 / variance) * f) / batch, q2: (f / variance ** 2) * scaled };
}

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? Number.NaN;

function noiseOf({ samples }: Images, channels: readonly ChannelMoments[]): Noise {
  const batchSizes = [
    ...Array.from({ length: Math.floor(Math.log2(samples)) + 1 }, (_, power) => 2 ** power).filter((size) => size < samples),
    samples,
  ];
  const varying = channels.filter(({ variance }) => variance > 0);
  const at = (batch: number): number[] =>
    varying.map((channel) => {
      const { eta2, q2 } = noiseParts(channel, samples, batch);
      return Math.sqrt(Math.max(0, eta2 + q2 / 4));
    });
  const of = (share: number): Float32Array => Float32Array.from(batchSizes, (batch) => quantile(at(batch), share));
  const measured = [2, 4, 8, 16, 32, 64].filter((size) => size * 4 <= samples);
  const step = (batch: number, stride: number): number =>
    quantile(
      varying.map((channel) => batchNoise(channel, batch, stride)),
      0.5,
    );
  return {
    fraction: 1,
    batchSizes: Uint32Array.from(batchSizes),
    median: of(0.5),
    p10: of(0.1),
    p90: of(0.9),
    low: of(0.5),
    high: of(0.5),
    simulated: { batchSizes: Uint32Array.from(measured), j: Float32Array.from(measured, (batch) => step(batch, 7919)) },
    consecutive: { batchSizes: Uint32Array.from(measured), j: Float32Array.from(measured, (batch) => step(batch, 1)) },
    steadyFrom: batchSizes.find((batch) => quantile(at(batch), 0.5) <= 0.1) ?? null,
    steady: 0.1,
    unreliable: 0.2,
  };
}

/** J of the batches that a stride through the samples gives: 1 for consecutive ones, a large prime for mixed ones. */
function batchNoise({ planes, mean, variance }: ChannelMoments, batch: number, stride: number): number {
  const count = Math.floor(planes.length / batch);
  const squares = Array.from({ length: count }, (_, index) => {
    const some = Array.from({ length: batch }, (_, k) => planes[((index * batch + k) * stride) % planes.length]).filter(
      (each) => each !== undefined,
    );
    const batchMean = average(some.map((each) => each.mean));
    const batchVariance = average(some.map((each) => each.variance + (each.mean - batchMean) ** 2));
    const scale = (batchVariance - variance) / variance;
    return (batchMean - mean) ** 2 / variance + (scale * scale) / 4;
  });
  return Math.sqrt(average(squares));
}

function gapOf(
  { samples, height, width }: Images,
  channels: readonly ChannelMoments[],
  batchSize: number,
  momentum: number,
): Gap {
  const channel = channels.find(({ variance }) => variance > 0);
  const batches = Float32Array.from({ length: 48 }, (_, index) => 10 ** ((index / 47) * 3));
  const zero = { total: 0, mean: 0, scale: 0 };
  const at = (k: number): typeof zero => {
    if (channel === undefined) return zero;
    const { eta2, q2 } = noiseParts(channel, samples, batchSize);
    const left = (1 - momentum) ** k;
    const f = (momentum / (2 - momentum)) * (1 - left ** 2);
    const n = batchSize * height * width;
    const e = 1 - eta2;
    const r = ((1 - left) * e * n) / (n - 1) + left / channel.variance;
    const mean2 = eta2 * (1 + f) + ((channel.mean ** 2 / channel.variance) * left ** 2) / r;
    const scale2 = (q2 / 4) * (1 + f) + (e ** -0.5 - r ** -0.5) ** 2;
    return { total: Math.sqrt(mean2 + scale2), mean: Math.sqrt(mean2), scale: Math.sqrt(scale2) };
  };
  const final = at(1e6).total;
  const settled = Array.from({ length: 1000 }, (_, index) => index + 1).find((k) => at(k).total <= 1.1 * final) ?? null;
  const of = (key: keyof typeof zero): Float32Array => batches.map((k) => at(k)[key]);
  return {
    batchSize,
    momentum,
    batches,
    total: of("total"),
    mean: of("mean"),
    scale: of("scale"),
    settledAfter: settled,
    final,
    isApproximate: batchSize < 8,
  };
}

function convergenceOf({ samples }: Images, channels: readonly ChannelMoments[]): Convergence {
  const counts = [...new Set(Array.from({ length: 40 }, (_, index) => Math.max(1, Math.round(samples ** (index / 39)))))];
  const follow = (values: readonly number[], count: number): { mean: number; error: number } => {
    const read = values.slice(0, count);
    const mean = average(read);
    return {
      mean,
      error: count < 2 ? Number.NaN : Math.sqrt(read.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1) / count),
    };
  };
  return {
    samples: Float32Array.from(counts),
    channels: channels.slice(0, 8).map(({ planes }, channel) => {
      const values = planes.map(({ mean }) => mean);
      return {
        channel,
        mean: Float32Array.from(counts, (count) => follow(values, count).mean),
        standardError: Float32Array.from(counts, (count) => follow(values, count).error),
      };
    }),
  };
}

/** Two threads that take turns, made up: times of a real run differ from run to run. */
function timelineOf(): Timeline {
  const shards = 24;
  const index = Array.from({ length: shards }, (_, shard) => shard);
  const start = index.map((shard) => Math.floor(shard / 2) * 4.1 + (shard % 2) * 0.7);
  return {
    shards,
    thread: Uint8Array.from(index, (shard) => shard % 2),
    startMs: Float32Array.from(start),
    endMs: Float32Array.from(start, (ms, shard) => ms + 3.4 + ((shard * 7) % 5) * 0.12),
  };
}
