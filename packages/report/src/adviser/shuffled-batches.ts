import type { InstanceSample } from "../instances/instance-sample.js";
import { median } from "./quantile.js";

/** Values that all draws together look at, and draws at least and at most. */
const LOOKS = 4e6;
const LEAST_DRAWS = 200;
const MOST_DRAWS = 4000;
const MOST_CHANNELS = 64;

/**
 * J measured on batches that are really drawn, without replacement, from an instance sample: median over channels (at most 64,
 * evenly spaced). A check on the formula by another way; the draws come from a fixed seed.
 * @returns NaN where no channel varies
 */
export function drawnNoise(sample: InstanceSample, batchSize: number, seed = 1): number {
  const { samples, channels, mean, variance } = sample;
  const k = samples.length;
  const count = Math.min(channels, MOST_CHANNELS);
  const draws = Math.max(LEAST_DRAWS, Math.min(MOST_DRAWS, Math.floor(LOOKS / (batchSize * count))));
  const chosen = Array.from({ length: count }, (_, i) => Math.floor((i * channels) / count));
  const totals = chosen.map((c) => totalsOf(mean, variance, channels, c));
  const sums = chosen.map(() => ({ ofMeans: 0, ofVariances: 0, ofSquares: 0 }));
  const order = Uint32Array.from({ length: k }, (_, i) => i);
  const random = randomNumbers(seed);
  for (let draw = 0; draw < draws; draw++) {
    // The first B places of a shuffle.
    for (let i = 0; i < batchSize; i++) {
      const j = i + Math.floor(random() * (k - i));
      const taken = order[j] as number;
      order[j] = order[i] as number;
      order[i] = taken;
    }
    for (let i = 0; i < count; i++) {
      const channel = chosen[i] as number;
      const total = totals[i] as { mean: number; variance: number };
      let ofMeans = 0;
      let ofSquares = 0;
      let within = 0;
      for (let b = 0; b < batchSize; b++) {
        const at = (order[b] as number) * channels + channel;
        const d = (mean[at] as number) - total.mean;
        ofMeans += d;
        ofSquares += d * d;
        within += variance[at] as number;
      }
      const d = ofMeans / batchSize;
      const v = (within + ofSquares) / batchSize - d * d - total.variance;
      const sum = sums[i] as { ofMeans: number; ofVariances: number; ofSquares: number };
      sum.ofMeans += d * d;
      sum.ofVariances += v;
      sum.ofSquares += v * v;
    }
  }
  return median(
    sums.map(({ ofMeans, ofVariances, ofSquares }, i) => {
      const { variance: total } = totals[i] as { variance: number };
      const spread = Math.max(0, ofSquares / draws - (ofVariances / draws) ** 2);
      return total > 0 ? Math.sqrt(ofMeans / draws / total + spread / total ** 2 / 4) : Number.NaN;
    }),
  );
}

function totalsOf(mean: Float64Array, variance: Float64Array, channels: number, c: number): { mean: number; variance: number } {
  const k = mean.length / channels;
  let center = 0;
  for (let i = c; i < mean.length; i += channels) center += (mean[i] as number) / k;
  let total = 0;
  for (let i = c; i < mean.length; i += channels) total += ((variance[i] as number) + ((mean[i] as number) - center) ** 2) / k;
  return { mean: center, variance: total };
}

/** Numbers in [0, 1) from a seed (mulberry32), the same everywhere. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
