import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { safetensors } from "@jax-js/loaders";
import { BatchNorm, InstanceNorm, LayerNorm, readStateDict } from "@normstream/pipeline";
import { describe, expect, test } from "vitest";
import { type ConvertSource, loadingCode, type PyTorchOptions, toPyTorch, writeConversion } from "../src/index.js";
import { groupNorm, layerNorm, sampleStatistics, scratchFolder, trainedBatchNorm, trainedInstanceNorm } from "./samples.js";

const path = scratchFolder();
let files = 0;

/** Writes a state dict and reads it with a reader that is not ours. */
async function readBack(source: ConvertSource, options?: PyTorchOptions) {
  const file = path(`state-${files++}.safetensors`);
  const conversion = toPyTorch(source, options);
  await writeConversion(file, conversion);
  const { tensors, metadata } = safetensors.parse(Uint8Array.from(readFileSync(file)));
  return { tensors, metadata, conversion };
}

describe("the safetensors file, read back by an independent reader", () => {
  test("a trained batch norm layer", async () => {
    const layer = await trainedBatchNorm("NCHW", { momentum: 0.2 });
    const { tensors, metadata } = await readBack(layer);
    const float = (values: Float64Array | null) => ({ dtype: "F32", shape: [3], data: Float32Array.from(values ?? []) });
    expect(tensors).toEqual({
      weight: float(layer.weight),
      bias: float(layer.bias),
      running_mean: float(layer.runningMean),
      running_var: float(layer.runningVar),
      num_batches_tracked: { dtype: "I64", shape: [], data: BigInt64Array.of(2n) },
    });
    expect(metadata).toEqual({ format: "pt", module: "torch.nn.BatchNorm2d(3, eps=1e-05, momentum=0.2)" });
  });

  test("statistics: running_var has correction 1", async () => {
    const data = Array.from({ length: 20 }, (_, i) => (i % 2) * 100 + i);
    using statistics = await sampleStatistics([10, 2], "NC", { data });
    const { tensors, metadata, conversion } = await readBack(statistics, { prefix: "features.1" });
    // 0, 2, …, 18: mean 9, Σ(x − mean)² = 330.
    expect([...(tensors["features.1.running_mean"]?.data ?? [])]).toEqual([9, 110]);
    expect([...(tensors["features.1.running_var"]?.data ?? [])]).toEqual([Math.fround(330 / 9), Math.fround(330 / 9)]);
    expect([...(tensors["features.1.weight"]?.data ?? [])]).toEqual([1, 1]);
    expect([...(tensors["features.1.bias"]?.data ?? [])]).toEqual([0, 0]);
    expect(metadata).toMatchObject({ samples: "10", digest: statistics.digest });
    expect(conversion.text).toContain("the variance of the data (correction 0) × n / (n − 1), n = 10.");
  });

  test("group norm has a weight and a bias alone, layer norm in the shape of its axes", async () => {
    const group = await readBack(groupNorm("NCHW"));
    expect(Object.keys(group.tensors)).toEqual(["weight", "bias"]);
    const layer = await readBack(layerNorm([2, 3]));
    expect(layer.tensors.weight?.shape).toEqual([2, 3]);
  });
});

/** The format as its specification says it, in another language: length of the header, JSON, elements. Floats come as Python writes them, which is exact. */
const PYTHON_READER = `
import json, struct, sys
data = open(sys.argv[1], "rb").read()
(n,) = struct.unpack("<Q", data[:8])
header = json.loads(data[8 : 8 + n])
metadata = header.pop("__metadata__", None)
body = data[8 + n :]
ends = sorted(entry["data_offsets"] for entry in header.values())
assert ends[0][0] == 0 and ends[-1][1] == len(body) and all(a[1] == b[0] for a, b in zip(ends, ends[1:])), "not tiled"
assert (8 + n) % 8 == 0, "not aligned"
tensors = {}
for name, entry in header.items():
    begin, end = entry["data_offsets"]
    code = {"F32": "f", "F64": "d", "I64": "q"}[entry["dtype"]]
    count = 1
    for extent in entry["shape"]:
        count *= extent
    values = struct.unpack(f"<{count}{code}", body[begin:end])
    tensors[name] = {**entry, "values": list(values)}
print(json.dumps({"metadata": metadata, "tensors": tensors}))
`;
const hasPython = spawnSync("python3", ["-c", "import json, struct"], { stdio: "ignore" }).status === 0;

describe.skipIf(!hasPython)("the safetensors file, read by Python", () => {
  test.each(["float32", "float64"] as const)("a trained layer in %s, every bit", async (dtype) => {
    const file = path(`python-${dtype}.safetensors`);
    const layer = await trainedBatchNorm("NCHW", { momentum: 0.2 });
    await writeConversion(file, toPyTorch(layer, { dtype, prefix: "net.3" }));
    const { stdout, stderr } = spawnSync("python3", ["-c", PYTHON_READER, file], { encoding: "utf8" });
    expect(stderr).toBe("");
    const { tensors, metadata } = JSON.parse(stdout);
    const state = layer.stateDict();
    expect(Object.keys(tensors)).toEqual(
      ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"].map((n) => `net.3.${n}`),
    );
    for (const name of ["weight", "bias", "running_mean", "running_var"] as const) {
      const tensor = tensors[`net.3.${name}`];
      expect([tensor.dtype, tensor.shape]).toEqual([dtype === "float64" ? "F64" : "F32", [3]]);
      const values = Array.from(state[name] as Float64Array, (value) => (dtype === "float64" ? value : Math.fround(value)));
      expect(tensor.values).toEqual(values);
    }
    expect(tensors["net.3.num_batches_tracked"]).toMatchObject({ dtype: "I64", shape: [], values: [2] });
    expect(metadata.module).toBe("torch.nn.BatchNorm2d(3, eps=1e-05, momentum=0.2)");
  });
});

describe("a state dict goes out and comes back", () => {
  test.each(["float32", "float64"] as const)("in %s", async (dtype) => {
    const file = path(`round-${dtype}.safetensors`);
    const layer = await trainedBatchNorm("NHWC");
    await writeConversion(file, toPyTorch(layer, { dtype, prefix: "norm" }));
    const copy = new BatchNorm(3);
    copy.loadStateDict(await readStateDict(file, { prefix: "norm" }));
    const rounded = (values: Float64Array | null) => (dtype === "float64" ? values : values?.map(Math.fround));
    expect(copy.runningMean).toEqual(rounded(layer.runningMean));
    expect(copy.runningVar).toEqual(rounded(layer.runningVar));
    expect(copy.weight).toEqual(rounded(layer.weight));
    expect(copy.numBatchesTracked).toBe(layer.numBatchesTracked);
  });

  test("without a file: what toPyTorch gives is a state dict", async () => {
    const layer = await trainedBatchNorm("NCHW");
    const copy = new BatchNorm(3);
    copy.loadStateDict(toPyTorch(layer, { dtype: "float64" }).stateDict);
    expect(copy.stateDict()).toEqual(layer.stateDict());
  });

  test("float64 says that nothing was rounded; another dtype is refused", async () => {
    const layer = await trainedBatchNorm("NCHW");
    expect(toPyTorch(layer, { dtype: "float64" }).text).toContain("running_mean and running_var in float64, num_batches");
    expect(toPyTorch(layer, { dtype: "float64" }).text).not.toContain("rounded");
    expect(toPyTorch(layer).text).toContain("rounded from float64 to float32");
    expect(() => toPyTorch(layer, { dtype: "float16" as "float32" })).toThrow(
      "a state dict in float16; expected float32 or float64",
    );
  });
});

test("a layer norm without a bias has none in PyTorch", () => {
  const conversion = toPyTorch(new LayerNorm(4, { bias: false }));
  expect(Object.keys(conversion.stateDict)).toEqual(["weight"]);
  expect(conversion.module).toBe("torch.nn.LayerNorm([4], eps=1e-05, bias=False)");
  expect(conversion.text).toContain("The weight is rounded");
});

test.each([
  ["torch.nn.BatchNorm1d(3, eps=1e-05, momentum=0.1)", new BatchNorm(3, { layout: "NC" })],
  ["torch.nn.BatchNorm1d(3, eps=0.001, momentum=None)", new BatchNorm(3, { layout: "NCL", eps: 1e-3, momentum: null })],
  ["torch.nn.BatchNorm3d(3, eps=1e-05, momentum=0.1, affine=False)", new BatchNorm(3, { layout: "NCDHW", affine: false })],
  ["torch.nn.BatchNorm2d(3, eps=1e-05, track_running_stats=False)", new BatchNorm(3, { trackRunningStats: false })],
  ["torch.nn.InstanceNorm2d(3, eps=1e-05, affine=True)", new InstanceNorm(3, { layout: "NHWC", affine: true })],
  ["torch.nn.GroupNorm(2, 6, eps=1e-05)", groupNorm("NCHW")],
  ["torch.nn.LayerNorm([2, 3], eps=1e-05)", layerNorm([2, 3])],
])("the module is %s", (module, layer) => {
  const conversion = toPyTorch(layer);
  expect(conversion.module).toBe(module);
  expect(loadingCode("x.safetensors", conversion)).toBe(
    `import torch\nfrom safetensors.torch import load_file\nlayer = ${module}\nlayer.load_state_dict(load_file("x.safetensors"))`,
  );
});

test("a prefix is that of a layer in a model, which takes no more than it", () => {
  const conversion = toPyTorch(groupNorm("NCHW"), { prefix: "features.1." });
  expect(Object.keys(conversion.stateDict)).toEqual(["features.1.weight", "features.1.bias"]);
  expect(loadingCode("x.safetensors", conversion)).toBe(
    "import torch\nfrom safetensors.torch import load_file\n# model.features.1 is torch.nn.GroupNorm(2, 6, eps=1e-05)\n" +
      'model.load_state_dict(load_file("x.safetensors"), strict=False)',
  );
});

test("instance norm with averages", async () => {
  const { module, stateDict } = toPyTorch(await trainedInstanceNorm("NCHW"));
  expect(module).toBe("torch.nn.InstanceNorm2d(3, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)");
  expect(Object.keys(stateDict)).toEqual(["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]);
});

describe("what has no state dict is refused", () => {
  test("nothing to store", () => {
    expect(() => toPyTorch(new InstanceNorm(3))).toThrow(
      /has no state dict. Make the layer in PyTorch: torch.nn.InstanceNorm2d\(3, eps=1e-05\)/,
    );
  });

  test("one value a channel", async () => {
    using statistics = await sampleStatistics([1, 3], "NC");
    expect(() => toPyTorch(statistics)).toThrow(/channel 0: 1 value: running_var \(correction 1\) needs 2/);
  });

  test("a prefix that is no name", async () => {
    expect(() => toPyTorch(groupNorm("NC"), { prefix: "a b" })).toThrow(/"a b" cannot stand before a name/);
  });
});
