import { type DType, itemSize } from "@normstream/tensor";
import { type Case, counted, fill, kernel, ROWS, X } from "./workbench.js";

/** Samples in a block of tiny planes, and rows in one of a table. */
const [RUNS, TABLE_ROWS] = [128, 4096];

function planes(dtype: DType, side: number, count: number, mean = 0): Case {
  const size = side * side;
  return {
    name: `planes ${dtype} ${side}×${side}${mean === 0 ? "" : `, mean ${mean}`}`,
    values: count * size,
    run() {
      fill(X, dtype, count * size, mean);
      return counted(() => kernel.planeRows(dtype, X, count, size, size * itemSize(dtype), ROWS));
    },
  };
}

function runs(dtype: DType, side: number, channels: number): Case {
  const run = side * side * itemSize(dtype);
  const values = RUNS * channels * side * side;
  return {
    name: `${RUNS} runs ${dtype} ${side}×${side}`,
    values,
    run() {
      fill(X, dtype, values);
      return counted(() => kernel.runRows(dtype, X, channels, RUNS, side * side, run, channels * run, ROWS));
    },
  };
}

function columns(kind: "table" | "interleaved", dtype: DType, channels: number, positions: number, mean = 0): Case {
  const values = positions * channels;
  return {
    name: `${kind} ${dtype} C=${channels}${mean === 0 ? "" : `, mean ${mean}`}`,
    values,
    run() {
      fill(X, dtype, values, mean);
      return counted(() => kernel[`${kind}Rows`](dtype, X, positions, channels, channels * itemSize(dtype), ROWS));
    },
  };
}

export const STATISTICS_CASES: readonly Case[] = [
  ...(["float32", "float64", "float16", "bfloat16", "int32", "int16", "uint8"] as const).map((type) => planes(type, 112, 8)),
  planes("float32", 112, 8, 1e4),
  ...(["float32", "float64", "float16", "uint8"] as const).map((type) => planes(type, 7, 512)),
  ...(["float32", "uint8"] as const).map((type) => runs(type, 7, 16)),
  ...[3, 64, 256].map((channels) => columns("interleaved", "float32", channels, 3136)),
  columns("interleaved", "uint8", 3, 3136),
  ...[8, 64, 256, 1000].map((channels) => columns("table", "float32", channels, TABLE_ROWS)),
  columns("table", "float32", 64, TABLE_ROWS, 1e4),
  columns("table", "float64", 64, TABLE_ROWS),
  columns("table", "uint8", 64, TABLE_ROWS),
  columns("table", "uint8", 1000, TABLE_ROWS),
];
