import { median, quantile } from "../adviser/quantile.js";
import { type InstanceSample, sampledFraction } from "../instances/instance-sample.js";
import { sampledIndices } from "../instances/sampling.js";
import type { TableScan } from "../instances/table-scan.js";
import type { Absent, InstancePoints, Instances } from "../report.js";

const CELLS = 64;
/** Points that are told one by one; of many channels fewer, since their columns take the room. */
const MOST_POINTS = 2048;
const FEW_POINTS = 512;
const MANY_CHANNELS = 2048;
const MOST_OUTLIERS = 128;
const POINT_CHANNELS = 8;
/** Robust σ from the middle beyond which a point is labelled. */
const FAR = 4;
/** Points whose quantiles give the domain. */
const DOMAIN_POINTS = 100_000;

/** One point of the view. */
interface Point {
  readonly k: number;
  readonly channel: number;
  readonly x: number;
  readonly y: number;
}

/** Instances as points: their means and stds in units of their channels' σ. */
export function instanceView({ moments, instances }: TableScan): Instances | Absent {
  if (!instances) return { absent: "The table's rows hold several samples each: single instances cannot be told." };
  const { sample } = instances;
  if (sample.planeSize === 1) return { absent: "A row of a table has one value a channel: it has no std of its own." };
  if (sample.population < 2) return { absent: "There is one sample: nothing to hold it against." };
  const varying = Array.from(moments.variance.keys()).filter((c) => (moments.variance[c] as number) > 0);
  if (varying.length === 0) return { absent: "No channel varies." };
  const pointAt = (k: number, channel: number): Point => {
    const std = Math.sqrt(moments.variance[channel] as number);
    const at = k * sample.channels + channel;
    const x = ((sample.mean[at] as number) - (moments.mean[channel] as number)) / std;
    return { k, channel, x, y: Math.sqrt(sample.variance[at] as number) / std };
  };
  const all = sample.samples.length * varying.length;
  const placeOf = (i: number) => pointAt(Math.floor(i / varying.length), varying[i % varying.length] as number);
  const some = Array.from(sampledIndices(all, Math.min(all, DOMAIN_POINTS)), placeOf).filter(({ x }) => !Number.isNaN(x));
  const domain = domainOf(some);
  return {
    fraction: sampledFraction(sample),
    sampled: sample.samples.length,
    density: densityOf(all, placeOf, domain),
    points: pointsOf(sample, somePoints(sample, varying, pointAt)),
    outliers: pointsOf(sample, outliersOf(all, placeOf, some)),
  };
}

interface Domain {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** All but the outermost points in a thousand, with a margin; never without width. */
function domainOf(points: readonly Point[]): Domain {
  const of = (values: readonly number[]): [number, number] => {
    const low = quantile(values, 0.001);
    const high = quantile(values, 0.999);
    const margin = (high - low) * 0.05 || Math.abs(high) * 0.05 || 0.05;
    return [low - margin, high + margin];
  };
  const y = of(points.map((point) => point.y));
  return { x: of(points.map((point) => point.x)), y: [Math.max(0, y[0]), y[1]] };
}

function densityOf(all: number, placeOf: (i: number) => Point, { x, y }: Domain): Instances["density"] {
  const counts = new Float64Array(CELLS * CELLS);
  const cell = (value: number, [low, high]: readonly [number, number]) =>
    Math.max(0, Math.min(CELLS - 1, Math.floor(((value - low) / (high - low)) * CELLS)));
  for (let i = 0; i < all; i++) {
    const point = placeOf(i);
    if (Number.isNaN(point.x)) continue;
    const at = cell(point.y, y) * CELLS + cell(point.x, x);
    counts[at] = (counts[at] as number) + 1;
  }
  const largest = counts.reduce((a, b) => Math.max(a, b), 0);
  const scale = largest > 0 ? 255 / Math.log1p(largest) : 0;
  const cells = Uint8Array.from(counts, (count) => Math.round(Math.log1p(count) * scale));
  return { columns: CELLS, rows: CELLS, x, y, cells, largest };
}

/** The same instances of a few channels, so that a viewer who chooses one of these sees enough of it. */
function somePoints(sample: InstanceSample, varying: readonly number[], pointAt: (k: number, channel: number) => Point): Point[] {
  const count = Math.min(varying.length, POINT_CHANNELS);
  const channels = Array.from({ length: count }, (_, i) => varying[Math.floor((i * varying.length) / count)] as number);
  const instances = sampledIndices(
    sample.samples.length,
    Math.floor((sample.channels > MANY_CHANNELS ? FEW_POINTS : MOST_POINTS) / count),
  );
  return channels.flatMap((channel) => Array.from(instances, (k) => pointAt(k, channel))).filter(({ x }) => !Number.isNaN(x));
}

function outliersOf(all: number, placeOf: (i: number) => Point, some: readonly Point[]): Point[] {
  const scaleOf = (values: readonly number[]) => {
    const middle = median(values);
    return { middle, scale: 1.4826 * median(values.map((value) => Math.abs(value - middle))) };
  };
  const ofX = scaleOf(some.map(({ x }) => x));
  const ofY = scaleOf(some.map(({ y }) => y));
  if (!(ofX.scale > 0) || !(ofY.scale > 0)) return [];
  let limit = FAR;
  let found: { point: Point; distance: number }[] = [];
  const keepFarthest = () => {
    found.sort((a, b) => b.distance - a.distance || a.point.k - b.point.k || a.point.channel - b.point.channel);
    found = found.slice(0, MOST_OUTLIERS);
    // Of those to come only farther ones stay.
    if (found.length === MOST_OUTLIERS) limit = (found.at(-1) as { distance: number }).distance;
  };
  for (let i = 0; i < all; i++) {
    const point = placeOf(i);
    const x = (point.x - ofX.middle) / ofX.scale;
    const y = (point.y - ofY.middle) / ofY.scale;
    const distance = Math.sqrt(x * x + y * y);
    if (!(distance > limit)) continue;
    found.push({ point, distance });
    if (found.length >= 16 * MOST_OUTLIERS) keepFarthest();
  }
  keepFarthest();
  return found.map(({ point }) => point);
}

const pointsOf = ({ samples }: InstanceSample, points: readonly Point[]): InstancePoints => ({
  sample: Uint32Array.from(points, ({ k }) => samples[k] as number),
  channel: Uint32Array.from(points, ({ channel }) => channel),
  x: Float32Array.from(points, ({ x }) => x),
  y: Float32Array.from(points, ({ y }) => y),
});
