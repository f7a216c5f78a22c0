import { type Case, counted, DY, fill, kernel, noise, OUT, PREPARED, ROWS, X } from "./workbench.js";

const FLOATS = ["float32", "float32"] as const;
const BY = { a: 0.9, b: 0.3, mean: 0.1, c: 0.2 };
const listed = (length: number, middle: number) => Float64Array.from({ length }, (_, i) => middle + noise(i) / 10);

/** A case of x and dy in float32. @param call counted */
function gradients(name: string, values: number, call: () => void, prepare = () => {}): Case {
  return {
    name: `gradient ${name}`,
    values,
    run() {
      fill(X, "float32", values);
      fill(DY, "float32", values);
      prepare();
      return counted(call);
    },
  };
}

/** Pairs of mean and rstd, behind what is prepared. */
const STATISTICS = PREPARED + 8 * 2 ** 20;
const pairs = (count: number) => fill(STATISTICS, "float64", 2 * count, 1);

function planes(side: number, count: number): Case[] {
  const size = side * side;
  const stride = 4 * size;
  return [
    gradients(
      `sums of planes ${side}×${side}`,
      count * size,
      () => kernel.gradientSums(...FLOATS, X, DY, count, size, stride, stride, STATISTICS, ROWS),
      () => pairs(count),
    ),
    gradients(`of planes ${side}×${side}`, size, () => kernel.gradientInput(...FLOATS, "float32", X, DY, OUT, size, BY)),
  ];
}

function channelsLast(channels: number, positions: number): Case[] {
  const values = channels * positions;
  const stride = 4 * channels;
  return [
    gradients(
      `sums of channels last C=${channels}`,
      values,
      () => kernel.gradientSumsInterleaved(...FLOATS, X, DY, positions, channels, stride, stride, STATISTICS, ROWS),
      () => pairs(channels),
    ),
    gradients(
      `of channels last C=${channels}`,
      values,
      () => kernel.gradientInputPeriodic(...FLOATS, "float32", X, DY, OUT, values, PREPARED, channels),
      () => {
        const [a, b] = [listed(channels, BY.a), listed(channels, BY.b)];
        kernel.prepareGradientInput(a, b, listed(channels, BY.mean), listed(channels, BY.c), PREPARED);
      },
    ),
  ];
}

/** As layer norm has them: rows of D values, each with weights of its own. */
function rows(width: number, count: number): Case[] {
  const values = width * count;
  const stride = 4 * width;
  const prepare = () => {
    pairs(count);
    kernel.prepareWeights(listed(width, 0.7), PREPARED);
  };
  return [
    gradients(
      `sums of weighted rows D=${width}`,
      values,
      () => kernel.gradientSumsWeighted(...FLOATS, X, DY, count, width, stride, stride, PREPARED, STATISTICS, ROWS),
      prepare,
    ),
    gradients(
      `sums of columns D=${width}`,
      values,
      () => kernel.gradientColumnSums(...FLOATS, X, DY, count, width, stride, stride, STATISTICS, ROWS),
      prepare,
    ),
    gradients(
      `of weighted rows D=${width}`,
      width,
      () => kernel.gradientInputWeighted(...FLOATS, "float32", X, DY, OUT, width, PREPARED, 0, BY),
      prepare,
    ),
  ];
}

export const GRADIENT_CASES: readonly Case[] = [
  ...planes(112, 8),
  ...planes(7, 512),
  ...channelsLast(64, 3136),
  ...channelsLast(256, 784),
  ...rows(768, 128),
];
