import type { InstanceSample } from "../instances/instance-sample.js";
import { median } from "./quantile.js";

/**
 * The share of the variance between instances that their classes explain: median over channels of Var(E[μₙ | class]) / Var μₙ, less
 * what as many random classes would explain (the adjusted R² of the one-way analysis of variance), at least 0.
 * @param labels one of each sample of the whole data set, not mutated
 * @returns null where there are fewer than two classes, no more samples than classes, or nothing varies
 */
export function classShare(sample: InstanceSample, labels: ArrayLike<number>): number | null {
  const { samples, channels, mean } = sample;
  const places = new Map<number, number>();
  const classes = Int32Array.from(samples, (n) => {
    const label = labels[n] as number;
    const place = places.get(label) ?? places.size;
    places.set(label, place);
    return place;
  });
  const count = places.size;
  if (count < 2 || samples.length <= count) return null;
  const shares: number[] = [];
  for (let c = 0; c < channels; c++) shares.push(shareOf(mean, channels, c, classes, count));
  const share = median(shares);
  return Number.isNaN(share) ? null : share;
}

function shareOf(mean: Float64Array, channels: number, channel: number, classes: Int32Array, count: number): number {
  const sums = new Float64Array(count);
  const sizes = new Float64Array(count);
  let pivot = 0;
  for (let k = 0; k < classes.length; k++) pivot += (mean[k * channels + channel] as number) / classes.length;
  let total = 0;
  for (let k = 0; k < classes.length; k++) {
    const d = (mean[k * channels + channel] as number) - pivot;
    const place = classes[k] as number;
    sums[place] = (sums[place] as number) + d;
    sizes[place] = (sizes[place] as number) + 1;
    total += d * d;
  }
  const explained = sums.reduce((sum, x, i) => sum + (x * x) / (sizes[i] as number), 0);
  if (!(total > 0)) return Number.NaN;
  const n = classes.length;
  return Math.max(0, 1 - ((1 - explained / total) * (n - 1)) / (n - count));
}
