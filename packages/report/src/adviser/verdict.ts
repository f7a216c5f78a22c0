import type { ReportNorm, Verdict } from "../report.js";
import { counted, figure, percent } from "../text/figures.js";
import type { MedianNoise } from "./median-noise.js";
import type { Decision } from "./rules.js";

/** All that a verdict speaks of, as plain data: a page has it from a report as the adviser has it from a table. */
export interface VerdictFacts {
  readonly settings: {
    readonly use: Verdict["use"];
    readonly batchSize: number;
    readonly momentum: number | null;
    readonly hasLabels: boolean;
  };
  readonly tensor: { readonly samples: number; readonly planeSize: number; readonly layout: string };
  readonly decision: Decision;
  /** Null with `whyNoNoise` where it is not known. */
  readonly noise: MedianNoise | null;
  readonly whyNoNoise: string;
  /** Smallest B with a median J that counts as steady. */
  readonly steadyFrom: number | null;
  /** Medians over channels of η and q at B. */
  readonly eta: number | null;
  readonly q: number | null;
  /** ρ, and the share of it that classes explain. */
  readonly rho: number | null;
  readonly classShare: number | null;
  readonly gap: { readonly settledAfter: number | null; readonly final: number; readonly isRough: boolean } | null;
  readonly order: { readonly ratio: number; readonly isOrdered: boolean } | null;
  /** Median pooled std, and median mean of the instances' stds. */
  readonly stds: { readonly pooled: number; readonly single: number } | null;
  /** Channels in all, those without a shape, and those with values that are not finite. */
  readonly channels: { readonly all: number; readonly left: number; readonly notFinite: number };
}

/** BN, IN, GN, LN. */
export const SHORT_NAMES: Readonly<Record<ReportNorm, string>> = { batch: "BN", instance: "IN", group: "GN", layer: "LN" };

/** Puts what was measured and decided into words. */
export function verdictOf(facts: VerdictFacts): Verdict {
  const { settings, decision, noise, eta, q, rho, classShare, gap, order } = facts;
  const { use, batchSize, momentum } = settings;
  const { norms, impossible, certainty, agreement } = decision;
  const figures = {
    j: noise?.j ?? null,
    jLow: noise?.low ?? null,
    jHigh: noise && Number.isFinite(noise.high) ? noise.high : null,
    ...{ agreement, eta, q, between: rho, classShare },
    gap: gap && Number.isFinite(gap.final) ? gap.final : null,
    order: order?.ratio ?? null,
  };
  return {
    ...{ norms, impossible, use, batchSize, momentum, certainty, figures },
    headline: headlineOf(facts),
    reasons: reasonsOf(facts).slice(0, 8),
    caution: cautionOf(facts),
  };
}

function headlineOf({ decision: { norms }, settings: { use, batchSize } }: VerdictFacts): string {
  if (norms.length === 0) return "No norm: a sample of this tensor is a single value.";
  const at = norms.includes("batch") ? ` at batch size ${batchSize}` : "";
  return `${norms.map((norm) => SHORT_NAMES[norm]).join(" or ")} for ${use === "style" ? "style transfer" : use}${at}.`;
}

function reasonsOf(facts: VerdictFacts): string[] {
  const { decision, noise, settings, steadyFrom, gap, rho, classShare, order, stds, tensor } = facts;
  const { momentum, hasLabels } = settings;
  const instance = instanceWord(tensor.layout);
  const reasons: string[] = [];
  if (noise) {
    const steady = steadyFrom ? `; steady from B = ${steadyFrom}` : "; steady at no batch size below all samples";
    reasons.push(`A value moves ±${figure(noise.j)} σ with its batch-mates${steady}.`);
  } else reasons.push(facts.whyNoNoise);
  for (const { norm, why } of decision.impossible) reasons.push(`${SHORT_NAMES[norm]} is not possible: ${why}.`);
  if (rho !== null && tensor.planeSize > 1) {
    reasons.push(`IN is the same at every B, but erases the ${percent(rho)} of variance that lies between ${instance}s.`);
  }
  if (classShare !== null) {
    const verdict = decision.erasesClasses ? "IN would erase what tells them apart" : "most of it is not what tells them apart";
    reasons.push(`Classes explain ${percent(classShare)} of the variance between ${instance}s: ${verdict}.`);
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
  if (stds) {
    reasons.push(
      `Pooled std ${figure(stds.pooled)}, mean of the ${instance}s' own ${figure(stds.single)}: the pooled one holds the differences between ${instance}s too.`,
    );
  }
  const { all, left } = facts.channels;
  if (left > 0 && left < all) {
    reasons.push(`${counted(left, "channel")} of ${all} without variance or values left out of these figures.`);
  }
  return reasons;
}

/** What is said in the place of noise where a batch holds all samples, or nothing varies. */
export const noBatchNoise = (batchSize: number, samples: number): string =>
  batchSize >= samples
    ? `A batch of ${batchSize} holds all of the data (${counted(samples, "sample")}): how batches differ cannot be told.`
    : "No channel varies: there is no noise to measure.";

function cautionOf({ tensor, decision, channels: { notFinite } }: VerdictFacts): string {
  const start =
    notFinite > 0
      ? `${counted(notFinite, "channel")} ${notFinite === 1 ? "holds" : "hold"} NaN or infinities; figures are of finite values. `
      : "";
  const few = tensor.samples < 50 && decision.certainty !== "undecided" ? `Only ${counted(tensor.samples, "sample")}. ` : "";
  return `${start}${few}This speaks of the tensor that was measured: inputs decide how inputs are standardized, layers need their own activations.`;
}

/** What to call one sample. */
export const instanceWord = (layout: string): string =>
  layout === "NC" ? "row" : layout === "NCL" ? "sample" : layout === "NCDHW" ? "volume" : "image";
