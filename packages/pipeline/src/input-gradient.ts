import { type InputGradient, PAIR } from "@normstream/moments";
import type { ChannelGradients } from "./pass.js";

/**
 * The gradient of what a norm took in, by its sums (Ioffe and Szegedy 2015, section 3): with x̂ = (x − mean) · rstd and n values to a
 * statistic, dx = rstd · (γ·dy − Σγ·dy / n − x̂ · Σγ·dy·x̂ / n).
 * @param weight γ of the element
 * @param s Σ γ·dy over the values of the statistic
 * @param q Σ γ·dy·x̂ over them
 */
export const inputGradient = (weight: number, mean: number, rstd: number, s: number, q: number, n: number): InputGradient => ({
  a: weight * rstd,
  b: -(rstd * rstd * q) / n,
  mean,
  c: -(rstd * s) / n,
});

/**
 * `inputGradient` of several channels.
 * @param statistics pairs {mean, rstd} of each channel
 * @param sums pairs {Σ dy, Σ dy·x̂} of each channel
 * @param weight `[channels]`, null = 1
 * @param n values to a statistic
 * @param areWeighted whether the sums have the weights in them already
 */
export function channelGradients(
  statistics: Float64Array,
  sums: Float64Array,
  weight: Float64Array | null,
  n: number,
  areWeighted = false,
): ChannelGradients {
  const length = sums.length / PAIR;
  const [a, b, mean, c] = [0, 0, 0, 0].map(() => new Float64Array(length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let i = 0; i < length; i++) {
    const own = weight?.[i] ?? 1;
    const within = areWeighted ? 1 : own;
    const [m, rstd] = [statistics[i * PAIR] as number, statistics[i * PAIR + 1] as number];
    const by = inputGradient(own, m, rstd, within * (sums[i * PAIR] as number), within * (sums[i * PAIR + 1] as number), n);
    a[i] = by.a;
    b[i] = by.b;
    mean[i] = by.mean;
    c[i] = by.c;
  }
  return { a, b, mean, c };
}
