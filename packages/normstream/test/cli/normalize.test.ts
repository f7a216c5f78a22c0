import { beforeAll, expect, test } from "vitest";
import { commandFolder } from "./command-line.js";
import { readNpyFloats, writeSample, writeStateDict } from "./sample-files.js";

const at = commandFolder();
let images: Float32Array;

beforeAll(() => {
  images = writeSample(at.path("images.npy"), [10, 3, 16, 16]);
});

const KEYS = "schema input output norm eps shape dtype passes bytes resumedBytes seconds engine threads";

test("the JSON document says what was done", async () => {
  const d = await at.json("normalize images.npy -o batch.npy");
  expect(Object.keys(d).join(" ")).toBe(KEYS);
  expect(d).toEqual({
    ...{ schema: "normstream/normalize/1", input: "images.npy", output: "batch.npy", norm: "batch", eps: 1e-5 },
    ...{ shape: [10, 3, 16, 16], dtype: "float32", passes: 2, bytes: 2 * images.byteLength, resumedBytes: 0 },
    ...{ seconds: expect.any(Number), engine: "inline", threads: 1 },
  });
});

test("what people read", async () => {
  const text = await at.ok("normalize images.npy -o read.npz --norm group --groups 3 --eps 0.01");
  await expect(text.replace(/ in [\d.]+ s \(.*?\/s\)/, " in T s (R/s)")).toMatchFileSnapshot("goldens/normalize.txt");
});

test.each([
  ["", (n: number, c: number) => [c, 0, 10, n - n]],
  ["--norm instance", (n: number, c: number) => [c, n, n + 1, 0]],
  ["--batch-size 5", (n: number, c: number) => [c, 5 * Math.floor(n / 5), 5 * Math.floor(n / 5) + 5, 0]],
] as const)("normalize %s gives mean 0 and variance 1", async (options, range) => {
  await at.ok(`normalize images.npy -o out.npy --overwrite ${options}`);
  const y = readNpyFloats(at.path("out.npy"));
  for (const [n, c] of [
    [0, 0],
    [7, 2],
  ] as const) {
    const [channel, from, to] = range(n, c) as [number, number, number, number];
    const values = y.filter(
      (_, i) => Math.floor(i / 256) % 3 === channel && Math.floor(i / 768) >= from && Math.floor(i / 768) < to,
    );
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean).toBeCloseTo(0, 6);
    // eps makes it a little less than 1.
    expect(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length).toBeCloseTo(1, 4);
  }
});

test("weight, bias and running statistics come from files, a state dict by its names", async () => {
  const dict = { running_mean: [1, 2, 3], running_var: [4, 9, 16], weight: [2, 3, 4], bias: [0.5, 1, 2] };
  writeStateDict(at.path("bn.safetensors"), dict);
  writeStateDict(at.path("net.safetensors"), { "layer1.bn.weight": dict.weight, "layer1.bn.bias": dict.bias, other: [1] });
  const running = "--running-mean bn.safetensors --running-var bn.safetensors --eps 0";
  const d = await at.json(`normalize images.npy -o given.npy ${running} --weight net.safetensors --bias bn.safetensors:bias`);
  expect(d).toMatchObject({ norm: "batch", passes: 1, bytes: images.byteLength });
  const expected = images.map((x, i) => {
    const c = Math.floor(i / 256) % 3;
    return ((x - (c + 1)) / (c + 2)) * (c + 2) + (dict.bias[c] as number);
  });
  const y = readNpyFloats(at.path("given.npy"));
  // Two roundings to float32 of values below 8.
  expect(Math.max(...y.map((value, i) => Math.abs(value - (expected[i] as number))))).toBeLessThan(2e-6);
});

test("any engine and shard size writes the same bytes", async () => {
  await at.ok("normalize images.npy -o one.npy --norm layer");
  await at.ok("normalize images.npy -o two.npy --norm layer --threads 2 --shard-bytes 4000");
  expect(readNpyFloats(at.path("two.npy"))).toEqual(readNpyFloats(at.path("one.npy")));
});

test.each([
  ["out.npz --out-dtype f64", "npz", "float64"],
  ["out.safetensors --out-dtype bf16", "safetensors", "bfloat16"],
  ["half.npy --out-dtype f16", "npy", "float16"],
])("normalize -o %s", async (output, format, dtype) => {
  await at.ok(`normalize images.npy -o ${output}`);
  const { tensor, ...file } = await at.json(`info ${output.split(" ")[0]}`);
  expect({ format: file.format, tensor }).toMatchObject({ format, tensor: { dtype, shape: [10, 3, 16, 16] } });
});
