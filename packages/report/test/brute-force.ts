/** Instances of one channel: mean and variance of each. */
export interface Planted {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Uniform numbers from a seed (mulberry32). */
function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Means and variances of batches of shuffled epochs, as a training loop would meet them. */
function* shuffledBatches({ mean, variance }: Planted, batchSize: number, random: () => number) {
  const order = Uint32Array.from(mean.keys());
  for (;;) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      const swapped = order[i] as number;
      order[i] = order[j] as number;
      order[j] = swapped;
    }
    for (let at = 0; at + batchSize <= order.length; at += batchSize) {
      const batch = Array.from(order.subarray(at, at + batchSize));
      const center = batch.reduce((sum, n) => sum + (mean[n] as number), 0) / batchSize;
      const spread = batch.reduce((sum, n) => sum + (variance[n] as number) + ((mean[n] as number) - center) ** 2, 0) / batchSize;
      yield { mean: center, variance: spread };
    }
  }
}

const average = (values: Float64Array) => values.reduce((sum, x) => sum + x, 0) / values.length;

/** η, q and J of batches that are really drawn. */
export function bruteNoise(planted: Planted, batchSize: number, batches: number, seed: number) {
  const mu = average(planted.mean);
  const total = average(planted.variance) + average(planted.mean.map((x) => (x - mu) ** 2));
  const found = shuffledBatches(planted, batchSize, uniforms(seed));
  const means = new Float64Array(batches);
  const variances = new Float64Array(batches);
  for (let i = 0; i < batches; i++) {
    const batch = found.next().value as { mean: number; variance: number };
    means[i] = batch.mean;
    variances[i] = batch.variance;
  }
  const eta = Math.sqrt(average(means.map((m) => (m - mu) ** 2)) / total);
  const center = average(variances);
  const q = Math.sqrt(average(variances.map((v) => (v - center) ** 2))) / total;
  return { eta, q, j: Math.hypot(eta, q / 2) };
}

/**
 * The gap as a layer would show it: running averages in PyTorch's way over k batches, then one more batch, each of whose values comes out
 * as z in training and as (m + s·z − M)/S in inference; root mean square over the values and over `runs` trainings.
 */
export function bruteGap(
  planted: Planted,
  settings: { batchSize: number; planeSize: number; momentum: number | null; batches: number; runs: number; seed: number },
): number {
  const { batchSize, planeSize, momentum, batches, runs, seed } = settings;
  const found = shuffledBatches(planted, batchSize, uniforms(seed));
  const next = () => found.next().value as { mean: number; variance: number };
  const n = batchSize * planeSize;
  let sum = 0;
  for (let run = 0; run < runs; run++) {
    let mean = 0;
    let variance = 1;
    for (let k = 1; k <= batches; k++) {
      const batch = next();
      const f = momentum ?? 1 / k;
      mean = (1 - f) * mean + f * batch.mean;
      variance = (1 - f) * variance + (f * batch.variance * n) / (n - 1);
    }
    const batch = next();
    const s = Math.sqrt(batch.variance / variance);
    sum += (1 - s) ** 2 + (batch.mean - mean) ** 2 / variance;
  }
  return Math.sqrt(sum / runs);
}
