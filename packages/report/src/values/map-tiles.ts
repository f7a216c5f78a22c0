import { finishRows } from "@normstream/moments";
import type { Statistics } from "@normstream/pipeline";
import { median } from "../adviser/quantile.js";
import type { InstanceSample } from "../instances/instance-sample.js";
import { sampledIndices } from "../instances/sampling.js";
import type { TableScan } from "../instances/table-scan.js";
import type { MapInstance, MapRole, Maps } from "../report.js";
import type { Wanted } from "./read-planes.js";
import { type Slice, sliceOf, TileCells } from "./tile-cells.js";

/** Bytes that all tiles take: 36 of 24 × 24. */
const TILE_BYTES = 36 * 24 * 24;
const MOST_INSTANCES = 9;
const MOST_CHANNELS = 4;
const LARGEST_SIDE = 96;

/** Cuts tiles of a few telling instances and channels. */
export class MapTiles {
  readonly instances: readonly MapInstance[];
  readonly channels: readonly number[];
  readonly #slice: Slice;
  readonly #width: number;
  readonly #height: number;
  /** By sample and channel. */
  readonly #cells = new Map<string, TileCells>();
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
        this.#cells.set(`${n} ${channel}`, new TileCells(this.#slice, this.#width, this.#height));
      }
    }
  }

  /** What it wants to see. */
  *wanted(): Generator<Wanted> {
    const { from, width, height } = this.#slice;
    const channels = this.channels.toSorted((a, b) => a - b);
    for (const { sample } of this.instances) {
      const take: Wanted["take"] = (channel, position, values) => this.#cellsOf(sample, channel).add(position - from, values);
      yield { sample, channels, from, to: from + width * height, take };
    }
  }

  /** The tiles, when all that it wanted has been taken. */
  finish(): Maps {
    const { width, height } = this.#slice;
    const tiles = this.instances.flatMap(({ sample }) => {
      const planes = finishRows(this.#statistics.rows(sample, sample + 1), "omit");
      return this.channels.map((channel) => {
        const [mean, variance] = [planes.mean[channel] as number, planes.variance[channel] as number];
        return { sample, channel, mean, std: Math.sqrt(variance), ...this.#cellsOf(sample, channel).finish() };
      });
    });
    const size = { sourceWidth: width, sourceHeight: height, width: this.#width, height: this.#height };
    return { instances: this.instances, channels: this.channels, ...size, tiles };
  }

  #cellsOf(sample: number, channel: number): TileCells {
    return this.#cells.get(`${sample} ${channel}`) as TileCells;
  }
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
