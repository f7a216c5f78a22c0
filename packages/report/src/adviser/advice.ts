import type { Statistics } from "@normstream/pipeline";
import { itemSize, usageError } from "@normstream/tensor";
import type { TableScan } from "../instances/table-scan.js";
import type { NormMemory, Use, Verdict } from "../report.js";
import { type ChannelMeasures, measureChannels, noiseOfChannels } from "./channel-measures.js";
import { classShare } from "./class-share.js";
import { type GapCurve, gapCurve, type NoiseCurve, noiseCurve } from "./curves.js";
import { medianNoise } from "./median-noise.js";
import { batchNoise } from "./noise.js";
import { normMemory } from "./norm-memory.js";
import { adviceOrder } from "./order.js";
import { median } from "./quantile.js";
import { decide } from "./rules.js";
import { noBatchNoise, verdictOf } from "./verdict.js";

/** What advice is asked for. */
export interface AdviceOptions {
  /** What the network is for; default classification. */
  readonly use?: Use | undefined;
  /** B; default 32. */
  readonly batchSize?: number | undefined;
  /** PyTorch's momentum of running averages; null is the cumulative average. Default 0.1. */
  readonly momentum?: number | null | undefined;
  /** The class of each sample, `[N]`, any numbers; not mutated. */
  readonly labels?: ArrayLike<number> | undefined;
}

/** What the adviser measured and recommends. All of float64; medians are over channels with σ > 0. */
export interface Advice {
  /** What to use, and how sure that is. */
  readonly verdict: Verdict;
  /** Bytes that each norm needs. */
  readonly memory: NormMemory;
  /** How each channel's instances differ; null where rows hold several samples. */
  readonly measures: ChannelMeasures | null;
  /** Noise of batches; null where the table's rows hold several samples, or nothing varies. */
  readonly noise: NoiseCurve | null;
  /** Gap between training and inference; null as noise. */
  readonly gap: GapCurve | null;
}

/** What advice needs of statistics beside the scan of their table. */
export interface AdvisedTable extends Pick<Statistics, "table"> {
  readonly facts: Pick<Statistics["facts"], "shape" | "dtype" | "layout"> & Partial<Pick<Statistics["facts"], "bytes">>;
}

/**
 * @param draws whether batches are really drawn, beside the formula; default true
 * @throws NormstreamError of kind `usage` for a batch size, momentum or labels that cannot be.
 */
export function adviceOf(
  statistics: AdvisedTable,
  scan: Omit<TableScan, "marks">,
  options: AdviceOptions & { readonly draws?: boolean | undefined } = {},
): Advice {
  const { use = "classification", batchSize = 32, momentum = 0.1, labels } = options;
  checkAdvice(options, statistics.table.samples);
  const { samples, channels, dtype } = statistics.table;
  const planeSize = meanPlaneSize(statistics, scan.moments);
  const memory = normMemory({ batchSize, channels, planeSize, valueBytes: itemSize(dtype) });
  const sample = scan.instances?.sample;
  const measures = sample ? measureChannels(sample) : null;
  const classes = sample && labels ? classShare(sample, labels) : null;
  // A batch of all samples has nothing to be held against: its noise is not 0 but unknown.
  const noise = measures && batchSize < samples ? medianNoise(measures, batchSize) : null;
  const known = measures?.shapes.filter((shape) => shape !== null) ?? [];
  const channelNoise = measures ? noiseOfChannels(measures.shapes, batchSize, samples) : new Float64Array(0);
  const rho = known.length > 0 && samples > 1 ? median(known.map((shape) => shape.rho)) : null;
  const decision = decide({
    ...{ use, batchSize, samples, channels, planeSize, groups: memory.groups },
    ...{ noise, rho, classShare: classes, channelNoise },
  });
  const curve =
    measures && known.length > 0 && sample && samples > 1
      ? noiseCurve(measures, scan, batchSize, { draws: options.draws })
      : null;
  const gap =
    measures && noise && batchSize * planeSize > 1 ? gapCurve(measures, { batchSize, momentum, samples, planeSize }) : null;
  const each = noise ? known.map((shape) => batchNoise(shape, batchSize, samples)) : [];
  const verdict = verdictOf({
    settings: { use, batchSize, momentum, hasLabels: labels !== undefined },
    tensor: { samples, planeSize, layout: statistics.facts.layout },
    ...{ decision, noise, rho, gap, classShare: classes, steadyFrom: curve?.steadyFrom ?? null },
    whyNoNoise: measures ? noBatchNoise(batchSize, samples) : rowsOfSeveral(statistics.table.grain),
    eta: noise ? median(each.map(({ eta }) => eta)) : null,
    q: noise ? median(each.map(({ q }) => q)) : null,
    order: measures && adviceOrder(scan, batchSize, measures),
    stds: stdsOf(scan, planeSize),
    channels: {
      all: channels,
      left: measures ? measures.shapes.length - known.length : 0,
      notFinite: notFiniteChannels(scan.moments),
    },
  });
  return { verdict, memory, measures, noise: curve, gap };
}

/** Values of a plane; their mean where sizes vary. */
function meanPlaneSize({ table }: AdvisedTable, { count, nan, posInf, negInf }: TableScan["moments"]): number {
  if (table.planeSize > 0) return table.planeSize;
  const values = [count, nan, posInf, negInf].reduce((sum, counts) => sum + (counts[0] as number), 0);
  return Math.max(1, Math.round(values / table.samples));
}

const rowsOfSeveral = (grain: number): string =>
  `The table's rows hold ${grain} samples each, so how single samples differ cannot be told.`;

/** The two stds, medians over channels with σ > 0, where planes have one of their own. */
function stdsOf({ moments: { variance }, instances }: Pick<TableScan, "moments" | "instances">, planeSize: number) {
  if (!instances || planeSize === 1) return null;
  const varies = (_: number, c: number): boolean => (variance[c] as number) > 0;
  const pooled = median(variance.filter(varies).map(Math.sqrt));
  const single = median(instances.parts.meanInstanceStd.filter(varies));
  return Number.isNaN(pooled + single) ? null : { pooled, single };
}

const notFiniteChannels = ({ nan, posInf, negInf }: TableScan["moments"]): number =>
  nan.filter((count, c) => count + (posInf[c] ?? 0) + (negInf[c] ?? 0) > 0).length;

/**
 * Refuses options that cannot be, before anything is read.
 * @param samples N
 * @throws NormstreamError of kind `usage`
 */
export function checkAdvice({ batchSize = 32, momentum = 0.1, labels }: AdviceOptions, samples: number): void {
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw usageError(`batch size ${batchSize}`, { expected: "a whole number of 1 or more" });
  }
  if (momentum !== null && !(momentum > 0 && momentum <= 1)) {
    throw usageError(`momentum ${momentum}`, { expected: "a number above 0 and up to 1, or null for the cumulative average" });
  }
  if (labels && labels.length !== samples) {
    throw usageError(`${labels.length} labels for ${samples} samples`, { expected: "one label for each sample" });
  }
}
