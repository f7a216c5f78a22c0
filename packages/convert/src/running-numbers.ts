import { dataError } from "@normstream/tensor";
import { CONVENTIONS } from "./conventions.js";
import type { NormModel, RunningModel } from "./norm-model.js";
import { countsText, numberText } from "./wording.js";

/** A variance as a framework takes it, and a sentence that says which. */
export interface TranslatedVariance {
  /** `[C]` float64 */
  readonly variance: Float64Array;
  readonly text: string;
}

/**
 * The variance under a framework's correction. Running averages hold variances of many batches, whose sizes nobody knows any more:
 * they stay as they are, so that inference gives the same numbers.
 * @throws NormstreamError of kind `data` where correction 1 meets a channel of one value
 */
export function varianceFor(
  running: RunningModel,
  target: "torch" | "keras" | "onnx" | "sklearn",
  file?: string,
): TranslatedVariance {
  const { name, variance: called, correction } = CONVENTIONS[target];
  const formula = (c: 0 | 1) => (c === 1 ? "m2 / (n − 1)" : "m2 / n");
  const { variance, count } = running;
  if (!count) {
    const kept = running.correction === correction ? "" : ", so that inference gives the same numbers";
    const same = `${called} is the layer's running variance (correction ${running.correction}) as it stands${kept}`;
    return {
      variance: variance.slice(),
      text:
        running.correction === correction
          ? `${same}.`
          : `${same}; ${name} itself divides by ${correction === 1 ? "n − 1" : "n"}.`,
    };
  }
  if (running.correction === correction) {
    const torch = " PyTorch's running_var would be × n / (n − 1)";
    return {
      variance: variance.slice(),
      text: `${called} has correction ${correction} (${formula(correction)}), as ${name} counts;${torch}, ${countsText(count)}.`,
    };
  }
  const single = count.findIndex((values) => values < 2);
  if (single >= 0) {
    throw dataError(`${count[single]} value: ${called} (correction 1) needs 2`, { file, channel: single });
  }
  return {
    variance: variance.map((value, c) => value * ((count[c] as number) / ((count[c] as number) - 1))),
    text: `${called} has correction 1 (${formula(1)}), as ${name} counts: the variance of the data (correction 0) × n / (n − 1), ${countsText(count)}.`,
  };
}

/** Below this a shift of a normalized value is not worth a word. */
const NOTABLE_SHIFT = 1e-6;

/**
 * Says that float64 numbers became float32, and what that costs: a mean far from zero, seen from its spread, is what it shifts.
 * @returns a sentence, or none where there are no numbers
 */
export function roundingText({ running, weight, hasBias, eps }: NormModel): string[] {
  if (!running) return weight ? [`${hasBias ? "Weight and bias are" : "The weight is"} rounded from float64 to float32.`] : [];
  let worst = 0;
  let channel = 0;
  running.mean.forEach((mean, c) => {
    const std = Math.sqrt((running.variance[c] as number) + eps);
    const shift = (Math.abs(mean - Math.fround(mean)) / std) * Math.abs(weight?.[c] ?? 1);
    if (shift > worst) [worst, channel] = [shift, c];
  });
  const shift = Number(worst.toPrecision(2));
  const cost =
    worst < NOTABLE_SHIFT
      ? ""
      : `, which shifts what comes out of channel ${channel} by ${numberText(shift)}, the most of all channels`;
  return [`All numbers are rounded from float64 to float32${cost}.`];
}

/**
 * Rounds numbers to float32.
 * @throws NormstreamError of kind `data` for a number that float32 does not reach
 */
export function toFloat32(what: string, values: Float64Array): Float32Array {
  const rounded = Float32Array.from(values);
  const channel = rounded.findIndex((value) => !Number.isFinite(value));
  if (channel >= 0) {
    throw dataError(`${what} ${values[channel]} is beyond float32`, {
      channel,
      expected: "at most 3.4e38",
      hint: "Scale the data first.",
    });
  }
  return rounded;
}

/** @throws NormstreamError of kind `data` where a float32 variance and eps add up to 0, so that inference would divide by it. */
export function checkDivisor(variance: Float32Array, eps: number, file: string | undefined): void {
  const channel = variance.findIndex((value) => Math.fround(value + eps) === 0);
  if (channel >= 0) {
    throw dataError("variance + eps is 0 in float32", {
      file,
      channel,
      expected: "more than 0",
      hint: "Give an eps, such as 1e-5.",
    });
  }
}
