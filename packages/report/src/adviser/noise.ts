/**
 * A channel's instances in units of its std σ: what noise and gap are computed from. The columns of a report hold the same
 * five numbers (`between`, `varianceSpread`, `meanFourth`, `meanVarianceCorrelation`, and mean/std).
 */
export interface ChannelShape {
  /** ρ = b2/σ²: share of the variance that lies between instances, 0 to 1. */
  readonly rho: number;
  /** v2/σ⁴: variance of the instances' variances. */
  readonly v2: number;
  /** b4/σ⁴ */
  readonly b4: number;
  /** c12/σ⁴, c12 = E[(v − w)δ²] */
  readonly c12: number;
}

/** How far the statistics of a shuffled batch of B samples out of N stand from those of all. */
export interface BatchNoise {
  /** η: std of a batch's mean, in σ. */
  readonly eta: number;
  /** q: std of a batch's variance, in σ². */
  readonly q: number;
  /** e: expected variance of a batch, in σ²: 1 − η². */
  readonly expectedVariance: number;
  /** J = √(η² + q²/4): how far a value moves with its batch-mates, in σ. */
  readonly j: number;
}

/**
 * Noise of batches drawn without replacement. With δ = μₙ − μ, a batch's mean is that of its δ and its variance
 * V = mean(v) + mean(δ²) − mean(δ)²; η² = ρF/B and
 * q² = F/σ⁴ · {v2/B + (B − 1)/B³ · [(B − 1)b4 − (B − 3)b2²] + 2·c12·(B − 1)/B²}, F = (N − B)/(N − 1).
 * @param samples N, of the whole data set; Infinity for draws with replacement
 */
export function batchNoise({ rho, v2, b4, c12 }: ChannelShape, batchSize: number, samples: number): BatchNoise {
  const b = Math.min(batchSize, samples);
  const f = populationFactor(b, samples);
  const eta2 = (rho * f) / b;
  const ofMeans = ((b - 1) / b ** 3) * ((b - 1) * b4 - (b - 3) * rho * rho);
  const q2 = Math.max(0, f * (v2 / b + ofMeans + (2 * c12 * (b - 1)) / (b * b)));
  return { eta: Math.sqrt(eta2), q: Math.sqrt(q2), expectedVariance: 1 - eta2, j: Math.sqrt(eta2 + q2 / 4) };
}

/** F = (N − B)/(N − 1): how much less batches differ because they are drawn without replacement. */
function populationFactor(batchSize: number, samples: number): number {
  if (samples === Infinity) return 1;
  return samples <= 1 ? 0 : (samples - batchSize) / (samples - 1);
}

/**
 * The shape of a channel from a report's columns (see `ChannelColumns`).
 * @returns null where the columns do not know it: NaN, or σ = 0
 */
export function shapeFromColumns(
  between: number,
  varianceSpread: number,
  meanFourth: number,
  meanVarianceCorrelation: number,
): ChannelShape | null {
  const rho = between * between;
  const v2 = varianceSpread * varianceSpread;
  const b4 = meanFourth * meanFourth;
  const c12 = meanVarianceCorrelation * Math.sqrt(v2 * Math.max(0, b4 - rho * rho));
  return Number.isFinite(rho + v2 + b4 + c12) ? { rho, v2, b4, c12 } : null;
}
