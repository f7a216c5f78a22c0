import { finishRows } from "@normstream/moments";
import type { Statistics } from "@normstream/pipeline";
import { median } from "../adviser/quantile.js";
import type { InstanceSample } from "../instances/instance-sample.js";
import { sampledIndices } from "../instances/sampling.js";
import type { TableScan } from "../instances/table-scan.js";
import type { MapInstance, MapRole, Maps, MapTile } from "../report.js";
import type { Wanted } from "./read-planes.js";

/** Bytes that all tiles take: 36 of 24 × 24. */
const TILE_BYTES = 36 * 24 * 24;
const MOST_INSTANCES = 9;
const MOST_CHANNELS = 4;
const LARGEST_SIDE = 96;
/** Values of a plane beyond which only its middle rows are shown. */
const MOST_VALUES = 1 << 22;

/** What part of a plane a tile shows. */
interface Slice {
  readonly width: number;
  readonly height: number;
  /** Position of its first value. */
  readonly from: number;
}

/** Cuts tiles of a few telling instances and channels. */
export class MapTiles {
  readonly instances: readonly MapInstance[];
  readonly channels: readonly number[];
  readonly #slice: Slice;
  readonly #width: number;
  readonly #height: number;
  /** Sum and number of the finite values of each cell, by sample and channel. */
  readonly #cells = new Map<string, { readonly sums: Float64Array; readonly counts: Float64Array }>();
  readonly #statistics: Statistics;

  constructor(statistics: Statistics, scan: TableScan, sample: InstanceSample, spatial: readonly number[]) {
    this.#statistics = statistics;
    this.channels = mapChannels(scan);
    this.instances = mapInstances(sample, this.channels[0] as number);
    this.#slice = sliceOf(spatial);
    const { width, height } = this.#slice;
    const side = Math.floor(Math.sqrt(TILE_BYTES / (this.instances.length * this.channels.length)));
    // A long thin plane may be longer than it may be wide.
    const area = Math.min(side * side, LARGEST_SIDE * LARGEST_SIDE);
    const shrink = Math.max(1, Math.sqrt((width * height) / area), height === 1 ? width / (LARGEST_SIDE * 4) : 0);
    this.#width = Math.max(1, Math.floor(width / shrink));
    this.#height = Math.max(1, Math.floor(height / shrink));
    for (const { sample: n } of this.instances) {
      for (const channel of this.channels) {
        const length = this.#width * this.#height;
        this.#cells.set(`${n} ${channel}`, { sums: new Float64Array(length), counts: new Float64Array(length) });
      }
    }
  }

  /** What it wants to see. */
  *wanted(): Generator<Wanted> {
    const { from, width, height } = this.#slice;
    const channels = this.channels.toSorted((a, b) => a - b);
    for (const { sample } of this.instances) {
      const take: Wanted["take"] = (channel, position, values) => this.#add(sample, channel, position - from, values);
      yield { sample, channels, from, to: from + width * height, take };
    }
  }

  /** The tiles, when all that it wanted has been taken. */
  finish(): Maps {
    const { width, height } = this.#slice;
    const tiles = this.instances.flatMap(({ sample }) => {
      const planes = finishRows(this.#statistics.rows(sample, sample + 1), "omit");
      return this.channels.map((channel) =>
        this.#tileOf(sample, channel, planes.mean[channel] as number, planes.variance[channel] as number),
      );
    });
    const size = { sourceWidth: width, sourceHeight: height, width: this.#width, height: this.#height };
    return { instances: this.instances, channels: this.channels, ...size, tiles };
  }

  #add(sample: number, channel: number, position: number, values: Float64Array): void {
    const { width, height } = this.#slice;
    const cells = this.#cells.get(`${sample} ${channel}`);
    if (!cells) return;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (!Number.isFinite(value)) continue;
      const y = Math.floor((Math.floor((position + i) / width) * this.#height) / height);
      const x = Math.floor((((position + i) % width) * this.#width) / width);
      const at = y * this.#width + x;
      cells.sums[at] = (cells.sums[at] as number) + value;
      cells.counts[at] = (cells.counts[at] as number) + 1;
    }
  }

  #tileOf(sample: number, channel: number, mean: number, variance: number): MapTile {
    const { sums, counts } = this.#cells.get(`${sample} ${channel}`) as { sums: Float64Array; counts: Float64Array };
    const values = sums.map((sum, i) => sum / (counts[i] as number));
    const known = values.filter(Number.isFinite);
    const low = known.length > 0 ? known.reduce((a, b) => Math.min(a, b)) : 0;
    const high = known.length > 0 ? known.reduce((a, b) => Math.max(a, b)) : 0;
    const scale = high > low ? 254 / (high - low) : 0;
    const pixels = Uint8Array.from(values, (x) => (Number.isFinite(x) ? 1 + Math.round((x - low) * scale) : 0));
    return { sample, channel, mean, std: Math.sqrt(variance), low, high, pixels };
  }
}

/** Of [D, H, W] the middle slice; of a plane that is too large the rows in its middle. */
function sliceOf(spatial: readonly number[]): Slice {
  const width = spatial.at(-1) ?? 1;
  const height = spatial.length > 1 ? (spatial.at(-2) as number) : 1;
  const depth = spatial.length > 2 ? (spatial.at(-3) as number) : 1;
  const shown = Math.max(1, Math.min(height, Math.floor(MOST_VALUES / width)));
  const from = Math.floor(depth / 2) * width * height + Math.floor((height - shown) / 2) * width;
  return { width: Math.min(width, MOST_VALUES), height: shown, from };
}

/** All channels where there are few; else the one of middling σ, and those of extreme μ, σ and ρ. */
function mapChannels({ moments, instances }: TableScan): readonly number[] {
  const channels = Array.from(moments.mean.keys()).filter((c) => (moments.count[c] as number) > 0);
  if (channels.length <= MOST_CHANNELS) return channels.length > 0 ? channels : [0];
  const by = (value: (c: number) => number) => channels.toSorted((a, b) => value(a) - value(b) || a - b);
  const byStd = by((c) => moments.variance[c] as number);
  const share = (c: number) => (instances?.parts.between[c] as number) / (moments.variance[c] as number) || 0;
  const chosen = [
    byStd[byStd.length >> 1],
    by((c) => moments.mean[c] as number).at(-1),
    byStd.at(-1),
    by(share).at(-1),
    ...channels,
  ] as number[];
  return [...new Set(chosen)].slice(0, MOST_CHANNELS);
}

function mapInstances(
  { samples, channels, mean, variance, population }: InstanceSample,
  channel: number,
): readonly MapInstance[] {
  const means = Float64Array.from(samples, (_, k) => mean[k * channels + channel] as number);
  const stds = Float64Array.from(samples, (_, k) => variance[k * channels + channel] as number);
  const middle = median(means);
  const farthest = (score: (k: number) => number): number | undefined => {
    let best: number | undefined;
    let highest = -Infinity;
    for (const k of samples.keys()) {
      const value = score(k);
      if (value <= highest || Number.isNaN(value)) continue;
      highest = value;
      best = samples[k];
    }
    return best;
  };
  const chosen: [MapRole, number | undefined][] = [
    ["median", farthest((k) => -Math.abs((means[k] as number) - middle))],
    ["lowMean", farthest((k) => -(means[k] as number))],
    ["highMean", farthest((k) => means[k] as number)],
    ["lowStd", farthest((k) => -(stds[k] as number))],
    ["highStd", farthest((k) => stds[k] as number)],
  ];
  const found = new Map<number, MapRole>();
  for (const [role, sample] of chosen) if (sample !== undefined && !found.has(sample)) found.set(sample, role);
  for (const sample of sampledIndices(population, 2 * MOST_INSTANCES)) {
    if (found.size >= MOST_INSTANCES) break;
    if (!found.has(sample)) found.set(sample, "sample");
  }
  return Array.from(found, ([sample, role]) => ({ sample, role }));
}
