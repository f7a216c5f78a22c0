import type { Moments } from "@normstream/moments";
import type { DType } from "@normstream/tensor";
import { median } from "../adviser/quantile.js";
import { CHANNEL_FLAGS } from "../report.js";

/** The largest finite value of float16. */
export const LARGEST_HALF = 65504;
/** σ beside that of the middling channel below which a channel counts as near-constant. */
const SMALL_SHARE = 1e-4;

/** The distance of 1 from the next number, of each type of floats. */
const EPSILON: Partial<Record<DType, number>> = { float64: 2 ** -52, float32: 2 ** -23, float16: 2 ** -10, bfloat16: 2 ** -7 };

/** Bits of `CHANNEL_FLAGS` of each channel. @param moments of finite values */
export function channelFlags({ count, mean, variance, min, max, nan, posInf, negInf }: Moments, dtype: DType): Uint8Array {
  const varying = variance.filter((v) => v > 0).map(Math.sqrt);
  const middling = median(varying);
  const epsilon = EPSILON[dtype] ?? 0;
  return Uint8Array.from(count, (values, c) => {
    const std = Math.sqrt(variance[c] as number);
    const isConstant = values > 0 && min[c] === max[c];
    // The spread of one value that was rounded now up, now down.
    const isRounding = std <= epsilon * Math.abs(mean[c] as number);
    return (
      (isConstant ? CHANNEL_FLAGS.constant : 0) |
      (values > 0 && !isConstant && (isRounding || std < SMALL_SHARE * middling) ? CHANNEL_FLAGS.nearConstant : 0) |
      ((nan[c] as number) + (posInf[c] as number) + (negInf[c] as number) > 0 ? CHANNEL_FLAGS.notFinite : 0) |
      (values === 0 ? CHANNEL_FLAGS.empty : 0) |
      (values > 0 && Math.max(Math.abs(min[c] as number), Math.abs(max[c] as number)) > LARGEST_HALF
        ? CHANNEL_FLAGS.overflowsHalf
        : 0)
    );
  });
}

/** The channels that have a flag, ascending. */
export const flagged = (flags: Uint8Array, flag: number): number[] =>
  Array.from(flags.keys()).filter((c) => ((flags[c] as number) & flag) !== 0);
