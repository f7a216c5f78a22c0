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

/** How many points the view tells one by one. */
export interface InstanceViewLimits {
  readonly points: number;
  readonly outliers: number;
}

/** Instances as points: their means and stds in units of their channels' σ. */
export function instanceView({ moments, instances }: Omit<TableScan, "marks">, limits?: InstanceViewLimits): Instances | Absent {
  if (!instances) return { absent: "The table's rows hold several samples each: single instances cannot be told." };
  const { sample } = instances;
  if (sample.planeSize === 1) return { absent: "A row of a table has one value a channel: it has no std of its own." };
  if (sample.population < 2) return { absent: "There is one sample: nothing to hold it against." };
  const varying = Uint32Array.from(moments.variance.keys()).filter((c) => (moments.variance[c] as number) > 0);
  if (varying.length === 0) return { absent: "No channel varies." };
  const { points = sample.channels > MANY_CHANNELS ? FEW_POINTS : MOST_POINTS, outliers = MOST_OUTLIERS } = limits ?? {};
  const cloud = cloudOf(sample, moments, varying);
  const all = cloud.x.length;
  const some = Array.from(sampledIndices(all, Math.min(all, DOMAIN_POINTS))).filter((i) => !Number.isNaN(cloud.x[i]));
  if (some.length === 0) return { absent: "No sample with finite values has been looked at." };
  const domain = domainOf(cloud, some);
  return {
    fraction: sampledFraction(sample),
    sampled: sample.samples.length,
    density: densityOf(cloud, domain),
    points: pointsOf(cloud, somePoints(cloud, points)),
    outliers: pointsOf(cloud, outliersOf(cloud, some, outliers)),
  };
}

/** Every instance of every channel that varies: point i is instance ⌊i / V⌋ of the sample and channel i mod V of V. */
interface Cloud {
  readonly samples: Float64Array;
  readonly varying: Uint32Array;
  /** (μₙ − μ)/σ; NaN of an instance without finite values. `[K · V]` */
  readonly x: Float32Array;
  /** σₙ/σ `[K · V]` */
  readonly y: Float32Array;
}

function cloudOf(sample: InstanceSample, moments: TableScan["moments"], varying: Uint32Array): Cloud {
  const { samples, channels, mean, variance } = sample;
  const length = samples.length * varying.length;
  const [x, y] = [new Float32Array(length), new Float32Array(length)];
  const center = Float64Array.from(varying, (c) => moments.mean[c] as number);
  const std = Float64Array.from(varying, (c) => Math.sqrt(moments.variance[c] as number));
  for (let k = 0, i = 0; k < samples.length; k++) {
    for (let v = 0; v < varying.length; v++, i++) {
      const at = k * channels + (varying[v] as number);
      x[i] = ((mean[at] as number) - (center[v] as number)) / (std[v] as number);
      y[i] = Math.sqrt(variance[at] as number) / (std[v] as number);
    }
  }
  return { samples, varying, x, y };
}

interface Domain {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** All but the outermost points in a thousand, with a margin; never without width. */
function domainOf(cloud: Cloud, points: readonly number[]): Domain {
  const of = (values: Float32Array): [number, number] => {
    const chosen = Float64Array.from(points, (i) => values[i] as number);
    const low = quantile(chosen, 0.001);
    const high = quantile(chosen, 0.999);
    const margin = (high - low) * 0.05 || Math.abs(high) * 0.05 || 0.05;
    return [low - margin, high + margin];
  };
  const y = of(cloud.y);
  return { x: of(cloud.x), y: [Math.max(0, y[0]), y[1]] };
}

function densityOf(cloud: Cloud, { x, y }: Domain): Instances["density"] {
  const counts = new Float64Array(CELLS * CELLS);
  const [acrossPerCell, upPerCell] = [CELLS / (x[1] - x[0]), CELLS / (y[1] - y[0])];
  const cell = (value: number): number => Math.max(0, Math.min(CELLS - 1, Math.floor(value)));
  for (let i = 0; i < cloud.x.length; i++) {
    const across = cloud.x[i] as number;
    if (Number.isNaN(across)) continue;
    const up = cell(((cloud.y[i] as number) - y[0]) * upPerCell);
    const at = up * CELLS + cell((across - x[0]) * acrossPerCell);
    counts[at] = (counts[at] as number) + 1;
  }
  const largest = counts.reduce((a, b) => Math.max(a, b), 0);
  const scale = largest > 0 ? 255 / Math.log1p(largest) : 0;
  const cells = Uint8Array.from(counts, (count) => Math.round(Math.log1p(count) * scale));
  return { columns: CELLS, rows: CELLS, x, y, cells, largest };
}

/** The same instances of a few channels, so that a viewer who chooses one of these sees enough of it. */
function somePoints({ samples, varying, x }: Cloud, most: number): number[] {
  const count = Math.min(varying.length, POINT_CHANNELS);
  const places = Array.from({ length: count }, (_, i) => Math.floor((i * varying.length) / count));
  const instances = sampledIndices(samples.length, Math.floor(most / count));
  return places.flatMap((place) => Array.from(instances, (k) => k * varying.length + place)).filter((i) => !Number.isNaN(x[i]));
}

function outliersOf({ x, y }: Cloud, some: readonly number[], most: number): number[] {
  const scaleOf = (values: Float32Array) => {
    const chosen = Float64Array.from(some, (i) => values[i] as number);
    const middle = median(chosen);
    return { middle, scale: 1.4826 * median(chosen.map((value) => Math.abs(value - middle))) };
  };
  const [ofX, ofY] = [scaleOf(x), scaleOf(y)];
  if (!(ofX.scale > 0) || !(ofY.scale > 0)) return [];
  let limit = FAR * FAR;
  let found: { at: number; square: number }[] = [];
  const keepFarthest = () => {
    found.sort((a, b) => b.square - a.square || a.at - b.at);
    found = found.slice(0, most);
    // Of those to come only farther ones stay.
    if (found.length === most) limit = (found.at(-1) as { square: number }).square;
  };
  for (let i = 0; i < x.length; i++) {
    const across = ((x[i] as number) - ofX.middle) / ofX.scale;
    const up = ((y[i] as number) - ofY.middle) / ofY.scale;
    const square = across * across + up * up;
    if (!(square > limit)) continue;
    found.push({ at: i, square });
    if (found.length >= 16 * most) keepFarthest();
  }
  keepFarthest();
  return found.map(({ at }) => at);
}

const pointsOf = ({ samples, varying, x, y }: Cloud, points: readonly number[]): InstancePoints => ({
  sample: Uint32Array.from(points, (i) => samples[Math.floor(i / varying.length)] as number),
  channel: Uint32Array.from(points, (i) => varying[i % varying.length] as number),
  x: Float32Array.from(points, (i) => x[i] as number),
  y: Float32Array.from(points, (i) => y[i] as number),
});
