import type { Statistics } from "@normstream/pipeline";
import { itemSize, usageError } from "@normstream/tensor";
import type { TableScan } from "../instances/table-scan.js";
import type { NormMemory, Use, Verdict } from "../report.js";
import { type ChannelMeasures, measureChannels, medianNoise, noiseOfChannels } from "./channel-measures.js";
import { classShare } from "./class-share.js";
import { type GapCurve, gapCurve, type NoiseCurve, noiseCurve } from "./curves.js";
import { normMemory } from "./norm-memory.js";
import { median } from "./quantile.js";
import { decide } from "./rules.js";
import { verdictOf } from "./verdict.js";

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

/** @throws NormstreamError of kind `usage` for a batch size, momentum or labels that cannot be. */
export function adviceOf(statistics: Statistics, scan: TableScan, options: AdviceOptions = {}): Advice {
  const { use = "classification", batchSize = 32, momentum = 0.1, labels } = options;
  checkSettings(batchSize, momentum);
  const { samples, channels, dtype } = statistics.table;
  const planeSize = meanPlaneSize(statistics);
  const memory = normMemory({ batchSize, channels, planeSize, valueBytes: itemSize(dtype) });
  const sample = scan.instances?.sample;
  const measures = sample ? measureChannels(sample) : null;
  const share = sample && labels ? classShare(sample, labels) : null;
  // A batch of all samples has nothing to be held against: its noise is not 0 but unknown.
  const noise = measures && batchSize < samples ? medianNoise(measures, batchSize) : null;
  const varies = measures?.shapes.some((shape) => shape !== null) ?? false;
  const channelNoise = measures ? noiseOfChannels(measures.shapes, batchSize, samples) : new Float64Array(0);
  const rho = measures && varies && samples > 1 ? median(measures.shapes.flatMap((shape) => (shape ? [shape.rho] : []))) : null;
  const decision = decide({
    ...{ use, batchSize, samples, channels, planeSize, groups: memory.groups },
    ...{ noise, rho, classShare: share, channelNoise },
  });
  const curve = measures && varies && sample && samples > 1 ? noiseCurve(measures, scan, batchSize) : null;
  const gap =
    measures && noise && batchSize * planeSize > 1 ? gapCurve(measures, { batchSize, momentum, samples, planeSize }) : null;
  const settings = { use, batchSize, momentum, hasLabels: labels !== undefined };
  const verdict = verdictOf({ statistics, scan, settings, decision, measures, noise, rho, share, curve, gap });
  return { verdict, memory, measures, noise: curve, gap };
}

/** Values of a plane; their mean where sizes vary. */
function meanPlaneSize({ table, moments: { count, nan, posInf, negInf } }: Statistics): number {
  if (table.planeSize > 0) return table.planeSize;
  const values = [count, nan, posInf, negInf].reduce((sum, counts) => sum + (counts[0] as number), 0);
  return Math.max(1, Math.round(values / table.samples));
}

function checkSettings(batchSize: number, momentum: number | null): void {
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw usageError(`batch size ${batchSize}`, { expected: "a whole number of 1 or more" });
  }
  if (momentum !== null && !(momentum > 0 && momentum <= 1)) {
    throw usageError(`momentum ${momentum}`, { expected: "a number above 0 and up to 1, or null for the cumulative average" });
  }
}
