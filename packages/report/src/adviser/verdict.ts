import type { Statistics } from "@normstream/pipeline";
import type { TableScan } from "../instances/table-scan.js";
import type { ReportNorm, Verdict } from "../report.js";
import { counted, figure, percent } from "../text/figures.js";
import type { ChannelMeasures, MedianNoise } from "./channel-measures.js";
import type { GapCurve, NoiseCurve } from "./curves.js";
import { batchNoise } from "./noise.js";
import { adviceOrder, type OrderEffect } from "./order.js";
import { median } from "./quantile.js";
import type { Decision } from "./rules.js";

/** All that a verdict speaks of. */
export interface VerdictInput {
  readonly statistics: Statistics;
  readonly scan: TableScan;
  readonly settings: {
    readonly use: Verdict["use"];
    readonly batchSize: number;
    readonly momentum: number | null;
    readonly hasLabels: boolean;
  };
  readonly decision: Decision;
  readonly measures: ChannelMeasures | null;
  readonly noise: MedianNoise | null;
  readonly rho: number | null;
  readonly share: number | null;
  readonly curve: NoiseCurve | null;
  readonly gap: GapCurve | null;
}

/** BN, IN, GN, LN. */
export const SHORT_NAMES: Readonly<Record<ReportNorm, string>> = { batch: "BN", instance: "IN", group: "GN", layer: "LN" };

/** Puts what was measured and decided into words. */
export function verdictOf(input: VerdictInput): Verdict {
  const { settings, decision, noise, rho, share, gap } = input;
  const { use, batchSize, momentum } = settings;
  const { norms, impossible, certainty, agreement } = decision;
  const order = input.measures && adviceOrder(input.scan, batchSize, input.measures);
  const figures = {
    j: noise?.j ?? null,
    jLow: noise?.low ?? null,
    jHigh: noise && Number.isFinite(noise.high) ? noise.high : null,
    agreement,
    ...batchFigures(input),
    between: rho,
    gap: gap && Number.isFinite(gap.final) ? gap.final : null,
    classShare: share,
    order: order?.ratio ?? null,
  };
  return {
    ...{ norms, impossible, use, batchSize, momentum, certainty, figures },
    headline: headlineOf(input),
    reasons: reasonsOf(input, order).slice(0, 8),
    caution: cautionOf(input),
  };
}

function headlineOf({ decision: { norms }, settings: { use, batchSize } }: VerdictInput): string {
  if (norms.length === 0) return "No norm: a sample of this tensor is a single value.";
  const at = norms.includes("batch") ? ` at batch size ${batchSize}` : "";
  return `${norms.map((norm) => SHORT_NAMES[norm]).join(" or ")} for ${use === "style" ? "style transfer" : use}${at}.`;
}

function batchFigures({ measures, settings, noise }: VerdictInput): { eta: number | null; q: number | null } {
  if (!measures || !noise) return { eta: null, q: null };
  const each = measures.shapes.flatMap((shape) => (shape ? [batchNoise(shape, settings.batchSize, measures.samples)] : []));
  return { eta: median(each.map(({ eta }) => eta)), q: median(each.map(({ q }) => q)) };
}

function reasonsOf(input: VerdictInput, order: OrderEffect | null): string[] {
  const { statistics, decision, noise, settings, curve, gap, rho, share, measures } = input;
  const { momentum, hasLabels } = settings;
  const instance = instanceWord(statistics);
  const reasons: string[] = [];
  if (noise) {
    const steady = curve?.steadyFrom ? `; steady from B = ${curve.steadyFrom}` : "; steady at no batch size below all samples";
    reasons.push(`A value moves ±${figure(noise.j)} σ with its batch-mates${steady}.`);
  } else reasons.push(whyUnknown(input));
  for (const { norm, why } of decision.impossible) reasons.push(`${SHORT_NAMES[norm]} is not possible: ${why}.`);
  if (rho !== null && statistics.table.planeSize > 1) {
    reasons.push(`IN is the same at every B, but erases the ${percent(rho)} of variance that lies between ${instance}s.`);
  }
  if (share !== null) {
    const verdict = decision.erasesClasses ? "IN would erase what tells them apart" : "most of it is not what tells them apart";
    reasons.push(`Classes explain ${percent(share)} of the variance between ${instance}s: ${verdict}.`);
  } else if (decision.norms.includes("instance") && !hasLabels) {
    reasons.push("Without labels, what classes have in common and style cannot be told apart (--labels FILE).");
  }
  if (gap?.settledAfter) {
    const about = gap.isRough ? "≈" : "±";
    const average = momentum === null ? "cumulative average" : `momentum ${momentum}`;
    reasons.push(
      `Inference matches training after ${counted(gap.settledAfter, "batch")} (${average}), to within ${about}${figure(gap.final)} σ.`,
    );
  }
  if (order?.isOrdered) {
    reasons.push(`Consecutive batches are ${figure(order.ratio)} times as noisy as shuffled ones: shuffle.`);
  }
  reasons.push(...stdReason(input, instance));
  const left = measures ? measures.shapes.filter((shape) => !shape).length : 0;
  if (left > 0 && measures && left < measures.shapes.length) {
    reasons.push(
      `${counted(left, "channel")} of ${measures.shapes.length} without variance or values left out of these figures.`,
    );
  }
  return reasons;
}

function whyUnknown({ statistics, scan, measures, settings: { batchSize } }: VerdictInput): string {
  const { grain, samples } = statistics.table;
  if (!measures || !scan.instances) {
    return `The table's rows hold ${grain} samples each, so how single samples differ cannot be told.`;
  }
  return batchSize >= samples
    ? `A batch of ${batchSize} holds all of the data (${counted(samples, "sample")}): how batches differ cannot be told.`
    : "No channel varies: there is no noise to measure.";
}

/** The two stds, and why they differ. */
function stdReason({ scan, statistics }: VerdictInput, instance: string): string[] {
  const parts = scan.instances?.parts;
  if (!parts || statistics.table.planeSize === 1) return [];
  const pooled = median(scan.moments.variance.map(Math.sqrt));
  const single = median(parts.meanInstanceStd);
  if (!(pooled > 0)) return [];
  return [
    `Pooled std ${figure(pooled)}, mean of the ${instance}s' own ${figure(single)}: the pooled one holds the differences between ${instance}s too.`,
  ];
}

function cautionOf({ scan, statistics, decision }: VerdictInput): string {
  const bad = scan.moments.nan.filter((count, c) => count + (scan.moments.posInf[c] ?? 0) + (scan.moments.negInf[c] ?? 0) > 0);
  const start =
    bad.length > 0
      ? `${counted(bad.length, "channel")} ${bad.length === 1 ? "holds" : "hold"} NaN or infinities; figures are of finite values. `
      : "";
  const few =
    statistics.table.samples < 50 && decision.certainty !== "undecided"
      ? `Only ${counted(statistics.table.samples, "sample")}. `
      : "";
  return `${start}${few}This speaks of the tensor that was measured: inputs decide how inputs are standardized, layers need their own activations.`;
}

/** What to call one sample. */
export const instanceWord = ({ facts: { layout } }: Pick<Statistics, "facts">): string =>
  layout === "NC" ? "row" : layout === "NCL" ? "sample" : layout === "NCDHW" ? "volume" : "image";
