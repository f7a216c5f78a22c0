import type { Certainty, ReportNorm, Use } from "../report.js";

/** J up to which batch statistics count as steady, and above which as unreliable. docs/adviser.md says where they come from. */
export const STEADY = 0.1;
export const UNRELIABLE = 0.2;
/** Share of variance between instances above which generation takes instance norm. */
const STYLE_SHARE = 0.1;
/** Share of the variance between instances that classes may explain before instance norm is taken to erase them. */
const CLASS_SHARE = 0.25;
/** Values of a plane below which statistics over one plane are too few. */
const FEW_VALUES = 16;
/** Samples from which a verdict can be sure, and below which there is none. */
const SURE_SAMPLES = 50;
const LEAST_SAMPLES = 8;
const SURE_AGREEMENT = 0.8;
/** Consecutive batches noisier than shuffled ones by this factor mean that the data are in an order. */
export const ORDERED = 1.5;

/** What the rules go by. */
export interface Evidence {
  readonly use: Use;
  /** B */
  readonly batchSize: number;
  /** N, C, m, and G of group norm. */
  readonly samples: number;
  readonly channels: number;
  readonly planeSize: number;
  readonly groups: number;
  /** Medians over channels; null where they are not known. */
  readonly noise: { readonly j: number; readonly low: number; readonly high: number } | null;
  readonly rho: number | null;
  readonly classShare: number | null;
  /** J of each channel that varies. */
  readonly channelNoise: ArrayLike<number>;
}

export interface Decision {
  readonly norms: readonly ReportNorm[];
  readonly impossible: readonly { readonly norm: ReportNorm; readonly why: string }[];
  readonly certainty: Certainty;
  /** Share of channels that would decide as the median does, 0 to 1; null where noise is not known. */
  readonly agreement: number | null;
  /** Whether labels say that instance norm would erase classes. */
  readonly erasesClasses: boolean;
}

/** Decides which norm suits: what is impossible first, then the use, then how noisy batches are. */
export function decide(evidence: Evidence): Decision {
  const impossible = impossibleNorms(evidence);
  const erasesClasses = evidence.classShare !== null && evidence.classShare > CLASS_SHARE;
  const norms = normsAt(evidence, evidence.noise?.j ?? null, impossible);
  const others = Array.from(evidence.channelNoise).filter((j) => !Number.isNaN(j));
  const same = others.filter((j) => normsAt(evidence, j, impossible).join() === norms.join()).length;
  const agreement = evidence.noise && others.length > 0 ? same / others.length : null;
  return { norms, impossible, certainty: certaintyOf(evidence, norms, agreement, impossible), agreement, erasesClasses };
}

type Impossible = Decision["impossible"];

function impossibleNorms({ batchSize, channels, planeSize, groups }: Evidence): Impossible {
  const single = (values: number) => values < 2;
  const found: { norm: ReportNorm; why: string }[] = [];
  const perGroup = (channels / groups) * planeSize;
  if (single(batchSize * planeSize)) found.push({ norm: "batch", why: "a batch of one row has one value a channel" });
  if (single(planeSize)) found.push({ norm: "instance", why: "a row has one value a channel: its variance is undefined" });
  if (single(perGroup)) found.push({ norm: "group", why: `${groups} groups of ${channels} channels hold one value each` });
  if (single(channels * planeSize)) found.push({ norm: "layer", why: "a sample has one value: its variance is undefined" });
  return found;
}

/** The norms for a given J (null: not known), the first before the others. */
function normsAt(evidence: Evidence, j: number | null, impossible: Impossible): readonly ReportNorm[] {
  const wanted = wantedNorms(evidence, j);
  const { planeSize, channels } = evidence;
  // Statistics over one small plane, or one row of a table, are those of too few values; of one channel, all three are one.
  const fallback = (norm: ReportNorm): ReportNorm =>
    norm !== "batch" && (planeSize < FEW_VALUES || (norm === "group" && channels === 1)) ? "layer" : norm;
  const isPossible = (norm: ReportNorm) => !impossible.some((other) => other.norm === norm);
  const norms = [...new Set(wanted.map(fallback))].filter(isPossible);
  if (norms.length > 0) return norms;
  return (["layer", "group", "instance", "batch"] as const).filter(isPossible).slice(0, 1);
}

function wantedNorms({ use, rho, classShare }: Evidence, j: number | null): readonly ReportNorm[] {
  const mayErase = classShare === null || classShare <= CLASS_SHARE;
  if (use === "style" && mayErase) return ["instance"];
  if (use === "generation" && mayErase) {
    return (j !== null && j > STEADY) || (rho !== null && rho > STYLE_SHARE) ? ["instance"] : ["batch", "instance"];
  }
  if (j === null) return ["batch", "group"];
  if (j <= STEADY) return ["batch"];
  return j > UNRELIABLE ? ["group"] : ["batch", "group"];
}

function certaintyOf(
  evidence: Evidence,
  norms: readonly ReportNorm[],
  agreement: number | null,
  impossible: Impossible,
): Certainty {
  const { noise, samples, planeSize, use, classShare } = evidence;
  if (norms.length === 0) return "undecided";
  const isErasing = norms[0] === "instance";
  if (use === "style" && isErasing) return samples >= SURE_SAMPLES && classShare !== null ? "sure" : "likely";
  if (!noise || agreement === null || samples < LEAST_SAMPLES) return "undecided";
  const decisionAt = (j: number) => normsAt(evidence, j, impossible).join();
  const isOneSided = decisionAt(noise.low) === decisionAt(noise.high) && decisionAt(noise.low) === norms.join();
  const agrees = agreement >= SURE_AGREEMENT;
  // The thresholds come from networks of images; and without labels nobody can say whether instance norm erases style or classes.
  const isKnownGround = planeSize > 1 && !(isErasing && classShare === null);
  if (isOneSided && agrees && samples >= SURE_SAMPLES && isKnownGround) return "sure";
  return isOneSided || agrees ? "likely" : "undecided";
}
