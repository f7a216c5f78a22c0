import { describe, expect, test } from "vitest";
import { gradientLeaf, PAIR, PAIR_BYTES, referenceKernel, SumFold } from "../src/index.js";

const buffer = new ArrayBuffer(1 << 20);
const kernel = referenceKernel(buffer);
const [X, DY, DX, STATISTICS, SUMS, PREPARED] = [0, 1, 2, 3, 4, 5].map((i) => i << 17) as [
  number,
  number,
  number,
  number,
  number,
  number,
];

const put = (values: ArrayLike<number>, at: number): void => new Float64Array(buffer, at, values.length).set(values);
const take = (at: number, count: number): Float64Array => new Float64Array(buffer, at, count).slice();

/** Uniform in [−1, 1), seeded. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

test("a leaf's lanes take positions in turns and fold (0+2)+(1+3)", () => {
  const elements = [1e16, 1, -1e16, 3, 5].map((dy, i) => ({ x: i + 1, dy }));
  // Lane 0: (1e16 + 5) with what rounding leaves; lane 2: −1e16; lanes 1 and 3: 1 and 3.
  const lane0 = 1e16 + 5;
  expect([...gradientLeaf(elements, 1, 0)]).toEqual([lane0 - 1e16 + (1 + 3), 0]);
  // x̂ = (x − 3) · 2 = −4, −2, 0, 2, 4
  const small = [1, 2, 3, 4, 5].map((dy, i) => ({ x: i + 1, dy }));
  expect([...gradientLeaf(small, 3, 2)]).toEqual([15, -4 - 4 + 8 + 20]);
});

test("a plane's leaves add up in the canonical tree, and NaN goes where it may", () => {
  const random = randomOf(3);
  const count = 20_000;
  put(Float64Array.from({ length: count }, random).slice(0, 16_000), X);
  put(Float64Array.from({ length: count }, random).slice(0, 16_000), DY);
  put([0.1, 2], STATISTICS);
  kernel.gradientLeafSums("float64", "float64", X, DY, 16_000, STATISTICS, SUMS);
  const fold = new SumFold(PAIR);
  for (const leaf of [0, 1]) fold.push(take(SUMS, 4), leaf * PAIR);
  kernel.gradientSums("float64", "float64", X, DY, 1, 16_000, 0, 0, STATISTICS, SUMS);
  expect(take(SUMS, 2)).toEqual(fold.result());

  put([1, NaN, 2, 5], X);
  put([1, 1, Infinity, 1], DY);
  kernel.gradientSums("float64", "float64", X, DY, 2, 2, 16, 16, STATISTICS, SUMS);
  expect([...take(SUMS, 2)]).toEqual([2, NaN]);
  kernel.gradientSums("float64", "float64", X + 16, DY + 16, 1, 2, 16, 16, STATISTICS, SUMS);
  expect([...take(SUMS, 2)]).toEqual([Infinity, Infinity]);
});

/** Mean and 1 / sqrt(variance + eps) of some values. */
function statisticsOf(values: readonly number[], eps: number): [mean: number, rstd: number] {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  return [mean, 1 / Math.sqrt(variance + eps)];
}

/** The derivative of a function by each of its inputs, by central differences. */
function centralDifferences(f: (inputs: Float64Array) => number, inputs: Float64Array): number[] {
  const step = 1e-5;
  return Array.from(inputs, (value, i) => {
    const [up, down] = [inputs.slice(), inputs.slice()];
    up[i] = value + step;
    down[i] = value - step;
    return (f(up) - f(down)) / (2 * step);
  });
}

/** Central differences are right to about step² and 1e-16 / step: 1e-9 here, times what third derivatives come to. */
function expectDerivative(got: ArrayLike<number>, want: readonly number[]): void {
  const scale = Math.max(1, ...want.map(Math.abs));
  for (const [i, derivative] of want.entries()) expect(Math.abs((got[i] as number) - derivative) / scale).toBeLessThan(1e-6);
}

interface Shape {
  readonly samples: number;
  readonly channels: number;
  readonly size: number;
}

const SHAPES: readonly Shape[] = [
  { samples: 2, channels: 3, size: 7 },
  { samples: 5, channels: 1, size: 4 },
  { samples: 4, channels: 6, size: 1 },
  { samples: 1, channels: 2, size: 15 },
];

/** Seeded inputs of a layer and the gradient of its output, `[samples, channels, size]`; weight and bias `[weights]`. */
function inputsOf({ samples, channels, size }: Shape, weights: number, seed: number) {
  const random = randomOf(seed);
  const draw = (length: number, make: () => number) => Float64Array.from({ length }, make);
  const count = samples * channels * size;
  return {
    x: draw(count, () => 3 + 2 * random()),
    dy: draw(count, random),
    weight: draw(weights, () => 1 + random() / 2),
    bias: draw(weights, random),
  };
}

/** Σ y · dy of a layer that normalizes groups of elements: what its backward pass differentiates. */
const lossOf =
  (groupOf: (i: number) => number, weightOf: (i: number) => number, dy: Float64Array, eps: number) =>
  (x: Float64Array, weight: Float64Array, bias: Float64Array): number => {
    const groups = new Map<number, number[]>();
    x.forEach((value, i) => {
      groups.set(groupOf(i), [...(groups.get(groupOf(i)) ?? []), value]);
    });
    const statistics = new Map([...groups].map(([group, values]) => [group, statisticsOf(values, eps)]));
    return x.reduce((sum, value, i) => {
      const [mean, rstd] = statistics.get(groupOf(i)) as [number, number];
      const y = (value - mean) * rstd * (weight[weightOf(i)] as number) + (bias[weightOf(i)] as number);
      return sum + y * (dy[i] as number);
    }, 0);
  };

/** Coefficients of dx where `count` elements share mean and rstd: sums are of dy · weight where `scale` is rstd alone. */
const coefficientsOf = (scale: number, rstd: number, mean: number, [sum, product]: [number, number], count: number) => ({
  a: scale,
  b: (-scale * rstd * product) / count,
  mean,
  c: (-scale * sum) / count,
});

const EPS = 1e-3;

describe.each(SHAPES)("backward of $samples × $channels × $size agrees with central differences", (shape) => {
  const { samples, channels, size } = shape;
  const count = samples * channels * size;
  const channelOf = (i: number) => Math.floor(i / size) % channels;

  test("batch norm, channels first and last", () => {
    const { x, dy, weight, bias } = inputsOf(shape, channels, 1);
    const loss = lossOf(channelOf, channelOf, dy, EPS);
    const wantDx = centralDifferences((p) => loss(p, weight, bias), x);
    const each = Array.from({ length: channels }, (_, c) =>
      statisticsOf(
        [...x].filter((_, i) => channelOf(i) === c),
        EPS,
      ),
    );

    put(x, X);
    put(dy, DY);
    put(Array.from({ length: samples }, () => each.flat()).flat(), STATISTICS);
    kernel.gradientSums("float64", "float64", X, DY, samples * channels, size, size * 8, size * 8, STATISTICS, SUMS);
    const fold = new SumFold(channels * PAIR);
    for (let n = 0; n < samples; n++) fold.push(take(SUMS, count * PAIR), n * channels * PAIR);
    const sums = fold.result();
    const pairOf = (c: number) => [sums[2 * c] as number, sums[2 * c + 1] as number] as [number, number];
    const weights = Array.from({ length: channels }, (_, c) => pairOf(c));
    expectDerivative(
      weights.map(([sum]) => sum),
      centralDifferences((p) => loss(x, weight, p), bias),
    );
    expectDerivative(
      weights.map(([, product]) => product),
      centralDifferences((p) => loss(x, p, bias), weight),
    );
    const by = each.map(([mean, rstd], c) => coefficientsOf((weight[c] as number) * rstd, rstd, mean, pairOf(c), samples * size));
    for (let plane = 0; plane < samples * channels; plane++) {
      const at = plane * size * 8;
      const coefficients = by[plane % channels] as (typeof by)[number];
      kernel.gradientInput("float64", "float64", "float64", X + at, DY + at, DX + at, size, coefficients);
    }
    expectDerivative(take(DX, count), wantDx);

    // The same elements as [samples, size, channels]: the same bits.
    const order = Array.from({ length: count }, (_, i) => {
      const [n, j, c] = [Math.floor(i / (size * channels)), Math.floor(i / channels) % size, i % channels];
      return (n * channels + c) * size + j;
    });
    const first = take(DX, count);
    put(
      order.map((i) => x[i] as number),
      X,
    );
    put(
      order.map((i) => dy[i] as number),
      DY,
    );
    const last = new SumFold(channels * PAIR);
    for (let n = 0; n < samples; n++) {
      const at = n * size * channels * 8;
      const stride = channels * 8;
      kernel.gradientSumsInterleaved("float64", "float64", X + at, DY + at, size, channels, stride, stride, STATISTICS, SUMS);
      last.push(take(SUMS, channels * PAIR));
    }
    expect(last.result()).toEqual(sums);
    const list = (key: "a" | "b" | "mean" | "c") => Float64Array.from(by, (coefficients) => coefficients[key]);
    kernel.prepareGradientInput(list("a"), list("b"), list("mean"), list("c"), PREPARED);
    kernel.gradientInputPeriodic("float64", "float64", "float64", X, DY, DX, count, PREPARED, channels);
    expect([...take(DX, count)]).toEqual(order.map((i) => first[i]));
  });

  test("layer norm over channels and size, elementwise weights", () => {
    const width = channels * size;
    const { x, dy, weight, bias } = inputsOf(shape, width, 2);
    const loss = lossOf(
      (i) => Math.floor(i / width),
      (i) => i % width,
      dy,
      EPS,
    );
    const each = Array.from({ length: samples }, (_, n) => statisticsOf([...x.subarray(n * width, (n + 1) * width)], EPS));
    put(x, X);
    put(dy, DY);
    put(each.flat(), STATISTICS);
    kernel.prepareWeights(weight, PREPARED);
    const stride = width * 8;
    const sources = ["float64", "float64", X, DY, samples, width, stride, stride] as const;
    kernel.gradientColumnSums(...sources, STATISTICS, SUMS);
    const columns = take(SUMS, width * PAIR);
    expectDerivative(
      columns.filter((_, i) => i % 2 === 0),
      centralDifferences((p) => loss(x, weight, p), bias),
    );
    expectDerivative(
      columns.filter((_, i) => i % 2 === 1),
      centralDifferences((p) => loss(x, p, bias), weight),
    );
    kernel.gradientSumsWeighted(...sources, PREPARED, STATISTICS, SUMS);
    for (const [n, [mean, rstd]] of each.entries()) {
      const pair = [...take(SUMS + n * PAIR_BYTES, PAIR)] as [number, number];
      const by = coefficientsOf(rstd, rstd, mean, pair, width);
      const at = n * stride;
      kernel.gradientInputWeighted("float64", "float64", "float64", X + at, DY + at, DX + at, width, PREPARED, 0, by);
    }
    const wantDx = centralDifferences((p) => loss(p, weight, bias), x);
    expectDerivative(take(DX, count), wantDx);
  });

  test("instance norm", () => {
    const { x, dy, weight, bias } = inputsOf(shape, channels, 3);
    const loss = lossOf((i) => Math.floor(i / size), channelOf, dy, EPS);
    const each = Array.from({ length: samples * channels }, (_, i) =>
      statisticsOf([...x.subarray(i * size, (i + 1) * size)], EPS),
    );
    put(x, X);
    put(dy, DY);
    put(each.flat(), STATISTICS);
    kernel.gradientSums("float64", "float64", X, DY, samples * channels, size, size * 8, size * 8, STATISTICS, SUMS);
    for (const [i, [mean, rstd]] of each.entries()) {
      const pair = [...take(SUMS + i * PAIR_BYTES, PAIR)] as [number, number];
      const by = coefficientsOf((weight[i % channels] as number) * rstd, rstd, mean, pair, size);
      const at = i * size * 8;
      kernel.gradientInput("float64", "float64", "float64", X + at, DY + at, DX + at, size, by);
    }
    const wantDx = centralDifferences((p) => loss(p, weight, bias), x);
    expectDerivative(take(DX, count), wantDx);
  });
});
