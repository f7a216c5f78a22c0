import type { OutputDType } from "@normstream/moments";
import type { DType } from "@normstream/tensor";
import { type Case, counted, fill, kernel, noise, OUT, PREPARED, X } from "./workbench.js";

const AFFINE = { mean: 0.1, scale: 1.7, shift: 0.3 };

function planes(from: DType, to: OutputDType, side: number): Case {
  const values = side * side;
  return {
    name: `normalize planes ${from} → ${to} ${side}×${side}`,
    values,
    run() {
      fill(X, from, values);
      return counted(() => kernel.normalizeRun(from, to, X, OUT, values, AFFINE));
    },
  };
}

function channelsLast(from: DType, to: OutputDType, channels: number, positions = 512): Case {
  const values = channels * positions;
  return {
    name: `normalize channels last ${from} → ${to} C=${channels}`,
    values,
    run() {
      fill(X, from, values);
      const listed = (middle: number) => Float64Array.from({ length: channels }, (_, c) => middle + noise(c) / 10);
      kernel.preparePeriodic(listed(0.1), listed(1.7), listed(0.3), PREPARED);
      return counted(() => kernel.normalizePeriodic(from, to, X, OUT, values, PREPARED, channels));
    },
  };
}

export const NORMALIZE_CASES: readonly Case[] = [
  planes("float32", "float32", 112),
  planes("float32", "float32", 7),
  planes("float64", "float64", 112),
  planes("float16", "float32", 112),
  planes("float32", "float16", 112),
  planes("uint8", "float32", 112),
  ...[3, 64, 1000].map((channels) => channelsLast("float32", "float32", channels)),
  channelsLast("float64", "float64", 64),
  channelsLast("uint8", "float32", 3),
];
