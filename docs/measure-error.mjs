// Relative errors of the variance, and of normalized values, against exact arithmetic:
//   node docs/measure-error.mjs     (docs/guides/exactness.md quotes what it prints)
import { computeStatistics, normalize, tensor } from "normstream";

const SHAPE = [40, 1, 512, 512];
const COUNT = SHAPE.reduce((a, b) => a * b);

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
function uniform(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = uniform(2024);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const CASES = {
  "mean 0": () => normal(),
  "mean 1e4": () => 1e4 + normal(),
  "mean 1e6": () => 1e6 + normal(),
  "outlier first": (i) => (i === 0 ? 1e6 : normal()),
  "10^U(±18)": () => (random() < 0.5 ? -1 : 1) * 10 ** (36 * random() - 18),
};

/** Mean and variance of float32 values in exact arithmetic: sums of whole mantissas, one for each exponent. */
function exactMoments(values) {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const sums = Array.from({ length: 256 }, () => [0, 0, 0, 0]);
  for (const word of bits) {
    const exponent = (word >>> 23) & 255;
    const mantissa = (word & 0x7fffff) | (exponent === 0 ? 0 : 0x800000);
    const [high, low] = [mantissa >>> 12, mantissa & 4095];
    const sum = sums[Math.max(1, exponent)];
    sum[0] += word >>> 31 ? -mantissa : mantissa;
    sum[1] += high * high;
    sum[2] += high * low;
    sum[3] += low * low;
  }
  let total = 0n; // in units of 2^-149
  let squares = 0n; // in units of 2^-298
  sums.forEach(([sum, a, b, c], exponent) => {
    const shift = BigInt(Math.max(1, exponent) - 1);
    total += BigInt(sum) << shift;
    squares += ((BigInt(a) << 24n) + (BigInt(b) << 13n) + BigInt(c)) << (2n * shift);
  });
  const n = BigInt(values.length);
  return { mean: ratio(total, n, 149), variance: ratio(n * squares - total * total, n * n, 298) };
}

/** a / b · 2^-shift, rounded to float64 with at least 60 correct bits on the way. */
function ratio(a, b, shift) {
  const extra = Math.max(0, 64 + b.toString(2).length - a.toString(2).length);
  const quotient = (a << BigInt(extra)) / b;
  const drop = Math.max(0, quotient.toString(2).length - 64);
  return Number(quotient >> BigInt(drop)) * 2 ** (drop - extra - shift + 149) * 2 ** -149;
}

const METHODS = {
  "float64, Welford": (values) => {
    let mean = 0;
    let m2 = 0;
    values.forEach((x, i) => {
      const delta = x - mean;
      mean += delta / (i + 1);
      m2 += delta * (x - mean);
    });
    return m2 / values.length;
  },
  "float64, E[x²] − E[x]²": (values) => {
    let sum = 0;
    let squares = 0;
    for (const x of values) {
      sum += x;
      squares += x * x;
    }
    return squares / values.length - (sum / values.length) ** 2;
  },
  "float32, E[x²] − E[x]²": (values) => {
    const { fround } = Math;
    let sum = 0;
    let squares = 0;
    for (const x of values) {
      sum = fround(sum + x);
      squares = fround(squares + fround(x * x));
    }
    const mean = fround(sum / values.length);
    return fround(fround(squares / values.length) - fround(mean * mean));
  },
};

const relative = (x, exact) => (Number.isFinite(x) ? Math.abs(x / exact - 1) : Infinity);
const show = (x) => (x === 0 ? "0" : x.toExponential(0));
const results = { "**Normstream**": [] };
for (const name of Object.keys(METHODS)) results[name] = [];
const normalized = [];

const x = tensor(SHAPE, "float32");
const y = tensor(SHAPE, "float32");
for (const next of Object.values(CASES)) {
  const { data } = x;
  for (let i = 0; i < COUNT; i++) data[i] = next(i);
  const exact = exactMoments(data);
  const found = await computeStatistics(x);
  results["**Normstream**"].push(relative(found.variance[0], exact.variance));
  for (const [name, method] of Object.entries(METHODS)) results[name].push(relative(method(data), exact.variance));

  await normalize(x, { by: found.batchNorm() }).toTensor({ into: y });
  const std = Math.sqrt(exact.variance + 1e-5);
  let worst = 0;
  for (let i = 0; i < COUNT; i++) {
    const expected = (data[i] - exact.mean) / std;
    worst = Math.max(worst, Math.abs(y.data[i] - expected) / Math.max(1, Math.abs(expected)));
  }
  normalized.push(worst);
  found[Symbol.dispose]();
}
x[Symbol.dispose]();
y[Symbol.dispose]();

const line = (cells) => `| ${cells.join(" | ")} |`;
const lines = [line([`relative error, ${(COUNT / 1e6).toFixed(1)} M float32 values`, ...Object.keys(CASES)])];
lines.push(line(["---", ...Object.keys(CASES).map(() => "---")]));
for (const [name, errors] of Object.entries(results)) lines.push(line([`variance: ${name}`, ...errors.map(show)]));
lines.push(line(["normalized values, ÷ max(1, \\|y\\|)", ...normalized.map(show)]));
process.stdout.write(`${lines.join("\n")}\n`);
