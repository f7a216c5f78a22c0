import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { computeStatistics, type DType, tensor } from "normstream";
import { describe, expect, test } from "vitest";
// @ts-expect-error: plain JavaScript without types, so that a reader needs nothing else
import { EXAMPLE, tableOf } from "../../docs/check-table.mjs";

const docs = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "docs");
const page = readFileSync(join(docs, "table.md"), "utf8");

test("the worked example of docs/table.md is what check-table.mjs prints and what the package computes", async () => {
  const { status, stdout } = spawnSync(process.execPath, [join(docs, "check-table.mjs")], { encoding: "utf8" });
  expect(status).toBe(0);
  expect(page).toContain(`\`\`\`text\n${stdout}\`\`\``);
  using x = tensor([2, 2, 3], "float32", { layout: "NCL", data: EXAMPLE.flat(2) });
  using found = await computeStatistics(x, { perInstance: true });
  expect(stdout).toContain(`digest ${found.digest}\n`);
});

/** Uniform numbers in [0, 1) from a seed. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

// One line a path of the rules: R = 1 with one leaf and with several, R > 1, tables, integers, batches, several panels.
const cases: [
  title: string,
  dtype: DType,
  shape: [number, number, number],
  options: { perInstance?: boolean; batchSize?: number },
][] = [
  ["planes of one leaf", "float32", [5, 3, 300], {}],
  ["planes of several leaves", "float64", [2, 2, 3 * 8192 + 5], {}],
  ["small planes, blocks of 64 samples", "float32", [150, 2, 49], {}],
  ["small planes, an instance a row", "float32", [7, 3, 49], { perInstance: true }],
  ["a table", "float64", [9001, 3, 1], {}],
  ["a table in batches of 1000", "float32", [2500, 2, 1], { batchSize: 1000 }],
  ["small planes in batches of 50", "float32", [130, 2, 100], { batchSize: 50 }],
  ["bytes", "uint8", [70, 2, 70], {}],
  ["16-bit integers over several leaves", "int16", [2, 1, 20000], {}],
  ["32-bit integers, which are summed as floats", "int32", [3, 2, 400], {}],
  ["several panels", "float32", [600, 1, 2], { perInstance: true }],
];

describe("docs/check-table.mjs, written from the page alone, agrees with the package on", () => {
  test.each(cases)("%s", async (_, dtype, [samples, channels, size], options) => {
    const random = uniform(samples * size);
    const isInteger = dtype.includes("int");
    const offsets = [0, 1e4, -3e-5];
    const draw = (c: number) => {
      const value = random() - 0.5 + (offsets[c] as number);
      if (isInteger) return dtype === "uint8" ? Math.floor(random() * 256) : Math.floor((random() - 0.5) * 65536);
      // Values that are not finite, zeros of both signs, and an outlier now and then.
      const kind = random();
      if (kind < 0.01) return [Number.NaN, Infinity, -Infinity, -0, 1e9][Math.floor(random() * 5)] as number;
      return dtype === "float32" ? Math.fround(value) : value;
    };
    const planes = Array.from({ length: samples }, () =>
      Array.from({ length: channels }, (_, c) => Array.from({ length: size }, () => draw(c))),
    );
    const shape = size === 1 ? [samples, channels] : [samples, channels, size];
    using x = tensor(shape, dtype, { data: planes.flat(2) });
    using found = await computeStatistics(x, { ...options, nan: "omit" });
    const table = tableOf(planes, dtype, options);
    expect(found.digest).toBe(table.digest);
    expect([...found.mean]).toEqual(table.totals.map((row: number[]) => row[1]));
    expect([...found.moments.m2]).toEqual(table.totals.map((row: number[]) => row[2]));
  });

  test.each([
    ["a sum that overflows float64", [1.7e308, 1.6e308, 1.5e308]],
    ["means whose difference overflows", [-1.7e308, 1.7e308]],
    ["a pivot that overflows float32", [1e40, 1.001e40, 1.002e40, 1.003e40]],
  ])("%s", async (_, values) => {
    // An instance a row: the second case merges two rows.
    using x = tensor([values.length, 1], "float64", { data: values });
    for (const perInstance of [false, true]) {
      using found = await computeStatistics(x, { perInstance });
      const planes = values.map((value) => [[value]]);
      const table = tableOf(planes, "float64", { perInstance });
      expect(found.digest).toBe(table.digest);
      expect(found.mean[0]).toBe(table.totals[0][1]);
    }
  });
});
