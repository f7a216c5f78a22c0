/**
 * P(|T| ≥ |t|) for Student's t with any number of degrees of freedom above 0: the regularized incomplete beta function
 * I_y(df / 2, 1 / 2) with y = df / (df + t²). Relative error below 1e-10 for p above 1e-300, tails included; 0 where p is
 * below float64.
 * @param df Infinity gives the normal distribution
 */
export function twoSidedP(t: number, df: number): number {
  if (Number.isNaN(t) || !(df > 0)) return Number.NaN;
  const size = Math.abs(t);
  if (size === 0) return 1;
  if (size === Infinity) return 0;
  if (df > LARGE_DF) return normalTail(asNormal(size, df));
  // x = 1 − y without cancellation, where t is small.
  const ratio = (size / df) * size;
  const y = 1 / (1 + ratio);
  const x = ratio === Infinity ? 1 : ratio / (1 + ratio);
  const a = df / 2;
  // yᵃ √x / B(a, 1/2), by logarithms for the powers that under- and overflow.
  const power = Math.exp(-a * Math.log1p(ratio)) * Math.sqrt(x);
  const front = ratio === Infinity ? Math.exp(-a * (2 * Math.log(size) - Math.log(df))) * gammaRatio(a) : power * gammaRatio(a);
  // The continued fraction of the smaller of the two tails; it converges fast there.
  return y < (a + 1) / (a + 2.5) ? (front * betaFraction(a, 0.5, y)) / a : 1 - 2 * front * betaFraction(0.5, a, x);
}

/** Above this many degrees of freedom Hill's series is better than 1e-13. */
const LARGE_DF = 5000;

/** The normal deviate of the same tail (G. W. Hill 1970, Comm. ACM 13, algorithm 395). */
function asNormal(t: number, df: number): number {
  if (df === Infinity) return t;
  const a = df - 0.5;
  const b = 48 * a * a;
  const z2 = a * Math.log1p((t / df) * t);
  const z = Math.sqrt(z2);
  const last = (((4 * z2 + 33) * z2 + 240) * z2 + 855) / (10 * b * (b + 0.8 * z2 * z2 + 100));
  return z * (1 + (z2 + 3) / b - last);
}

/** Γ(a + 1/2) / (Γ(a) Γ(1/2)): 1 / B(a, 1/2). Asymptotic series from 20 on, and down from there by the recurrence. */
function gammaRatio(a: number): number {
  let factor = 1;
  let z = a;
  for (; z < 20; z++) factor *= z / (z + 0.5);
  const r = 1 / z;
  // Γ(z + 1/2) / Γ(z) = √z · (1 − 1/8z + 1/128z² + 5/1024z³ − 21/32768z⁴ − 399/262144z⁵ + 869/4194304z⁶ + …)
  const series =
    1 +
    r *
      (-1 / 8 +
        r * (1 / 128 + r * (5 / 1024 + r * (-21 / 32768 + r * (-399 / 262144 + r * (869 / 4194304 + r * (39325 / 33554432)))))));
  return (factor * Math.sqrt(z) * series) / Math.sqrt(Math.PI);
}

/** The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method. */
function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const atLeast = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / atLeast(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / atLeast(1 + even * d);
    c = atLeast(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / atLeast(1 + odd * d);
    c = atLeast(1 + odd / c);
    const step = d * c;
    result *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return result;
}

/** P(|Z| ≥ z): erfc(z / √2), by a series below 2 and a continued fraction above. */
function normalTail(z: number): number {
  const half = (z * z) / 2;
  if (z < 2) {
    let term = z;
    let sum = z;
    for (let k = 1; k < 100 && term > 1e-18 * sum; k++) {
      term *= (z * z) / (2 * k + 1);
      sum += term;
    }
    return 1 - 2 * sum * (Math.exp(-half) / Math.sqrt(2 * Math.PI));
  }
  let fraction = 0;
  for (let k = 200; k > 0; k--) fraction = k / (z + fraction);
  return (2 * Math.exp(-half)) / (Math.sqrt(2 * Math.PI) * (z + fraction));
}
