import { type ChannelGap, type GapSettings, isRoughGap, medianGap, settledAfter } from "../adviser/gap.js";
import type { MedianNoise } from "../adviser/median-noise.js";
import { batchNoise } from "../adviser/noise.js";
import { median } from "../adviser/quantile.js";
import { decide, ORDERED } from "../adviser/rules.js";
import { noBatchNoise, verdictOf } from "../adviser/verdict.js";
import { type Absent, CHANNEL_FLAGS, type Gap, type Noise, type Report, type Use, type Verdict } from "../report.js";
import { gapOf, shapeOf } from "./column-figures.js";

/** Channels that figures at other settings are computed from: all, or this many evenly spaced. */
const CHANNELS = 256;

/** What a reader may choose beside what the report was made for. */
export interface AdviceSettings {
  readonly use: Use;
  readonly batchSize: number;
  /** PyTorch's momentum; null is the cumulative average. */
  readonly momentum: number | null;
}

/** The gap of the report, or that at another batch size or momentum, from the columns. */
export function gapAt(report: Report, batchSize: number, momentum: number | null): Gap | Absent {
  const { gap, channels, tensor } = report;
  if ("absent" in gap || (gap.batchSize === batchSize && gap.momentum === momentum)) return gap;
  if (batchSize >= tensor.samples) {
    return { absent: `A batch of ${batchSize} holds all ${tensor.samples} samples: it has nothing to differ from.` };
  }
  if (batchSize * tensor.planeSize === 1) {
    return { absent: "A batch of one value a channel has no variance: batch norm refuses it in training." };
  }
  const settings: GapSettings = { batchSize, momentum, samples: tensor.samples, planeSize: tensor.planeSize };
  const places = knownPlaces(report);
  const gapsAt = (batches: number): ChannelGap[] =>
    places.flatMap((place) => gapOf(channels, place, batches, settings) ?? []).filter(({ total }) => Number.isFinite(total));
  const totalAt = (batches: number): number => median(gapsAt(batches).map(({ total }) => total));
  const points = [...gap.batches].map((k) => medianGap(gapsAt(k)));
  const rough = places.filter((place) => {
    const shape = shapeOf(channels, place);
    return shape !== null && isRoughGap(batchNoise(shape, batchSize, tensor.samples));
  });
  return {
    ...{ batchSize, momentum, batches: gap.batches },
    total: Float32Array.from(points, ({ total }) => total),
    mean: Float32Array.from(points, ({ mean }) => mean),
    scale: Float32Array.from(points, ({ scale }) => scale),
    settledAfter: settledAfter(totalAt),
    final: totalAt(Number.POSITIVE_INFINITY),
    isApproximate: 2 * rough.length > places.length,
  };
}

/** Places in the columns whose instances are known, at most 256 of them, evenly spaced. */
function knownPlaces({ channels }: Report): readonly number[] {
  const stride = Math.max(1, Math.ceil(channels.index.length / CHANNELS));
  return [...channels.index.keys()].filter((place) => place % stride === 0 && shapeOf(channels, place) !== null);
}

/**
 * The verdict of the report, or that for another use, batch size or momentum: by the adviser's own rules, from the columns.
 * Null where the report has none.
 */
export function verdictAt(report: Report, settings: AdviceSettings): Verdict | null {
  const { verdict, channels, tensor, memory } = report;
  if (!verdict) return null;
  const { use, batchSize, momentum } = settings;
  if (verdict.use === use && verdict.batchSize === batchSize && verdict.momentum === momentum) return verdict;
  const places = knownPlaces(report);
  const each = places.flatMap((place) => {
    const shape = shapeOf(channels, place);
    return shape ? [batchNoise(shape, batchSize, tensor.samples)] : [];
  });
  const noise = intervalAt(report, batchSize, median(each.map(({ j }) => j)));
  const { between: rho, classShare, order } = verdict.figures;
  const gap = noise ? gapAt(report, batchSize, momentum) : null;
  const decision = decide({
    ...{ use, batchSize, samples: tensor.samples, channels: tensor.channels, planeSize: tensor.planeSize },
    ...{ groups: memory.groups, noise, rho, classShare, channelNoise: each.map(({ j }) => j) },
  });
  const flagged = (bits: number): number => channels.flags.filter((flags) => (flags & bits) !== 0).length;
  const left = flagged(CHANNEL_FLAGS.constant | CHANNEL_FLAGS.empty);
  return verdictOf({
    settings: { ...settings, hasLabels: classShare !== null },
    tensor,
    ...{ decision, noise, rho, classShare },
    whyNoNoise:
      "absent" in report.noise && batchSize < tensor.samples ? report.noise.absent : noBatchNoise(batchSize, tensor.samples),
    steadyFrom: "absent" in report.noise ? null : report.noise.steadyFrom,
    eta: noise ? median(each.map(({ eta }) => eta)) : null,
    q: noise ? median(each.map(({ q }) => q)) : null,
    gap: gap && !("absent" in gap) ? { settledAfter: gap.settledAfter, final: gap.final, isRough: gap.isApproximate } : null,
    order: order === null ? null : { ratio: order, isOrdered: order > ORDERED },
    stds: stdsOf(report),
    channels: { all: channels.index.length, left, notFinite: flagged(CHANNEL_FLAGS.notFinite) },
  });
}

/** The two stds: medians over channels with σ > 0; null where instances have none of their own. */
export function stdsOf({ channels: { std, instanceStd }, tensor }: Report): { pooled: number; single: number } | null {
  const varying = [...std.keys()].filter((i) => (std[i] as number) > 0);
  const pooled = median(varying.map((i) => std[i] as number));
  const single = median(varying.map((i) => (std[i] as number) * (instanceStd[i] as number)));
  return tensor.planeSize === 1 || Number.isNaN(pooled + single) ? null : { pooled, single };
}

/** The median J at B with its interval, which the report tells at its batch sizes: between two of them by the nearer one's. */
function intervalAt({ noise, tensor, verdict }: Report, batchSize: number, j: number): MedianNoise | null {
  if (Number.isNaN(j) || batchSize >= tensor.samples) return null;
  const { j: known, jLow, jHigh } = verdict?.figures ?? {};
  if (verdict?.batchSize === batchSize && typeof known === "number") return { j: known, low: jLow ?? 0, high: jHigh ?? Infinity };
  if ("absent" in noise) return { j, low: 0, high: Infinity };
  const at = nearestSize(noise, batchSize);
  const scale = j / (noise.median[at] || j || 1);
  return { j, low: (noise.low[at] ?? 0) * scale, high: (noise.high[at] ?? Infinity) * scale };
}

function nearestSize({ batchSizes }: Noise, batchSize: number): number {
  const distance = (at: number): number => Math.abs(Math.log((batchSizes[at] ?? 1) / batchSize));
  // Batches of all samples have no noise, and so no interval that could be scaled.
  const places = [...batchSizes.keys()].slice(0, -1);
  return places.reduce((best, at) => (distance(at) < distance(best) ? at : best), 0);
}
