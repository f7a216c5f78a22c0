import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describeFile, readVector } from "@normstream/formats";
import { beforeAll, describe, expect, test } from "vitest";
import { commandFolder } from "./command-line.js";
import { writeNpy, writeSample, writeStateDict } from "./sample-files.js";

const at = commandFolder();

interface Summary {
  readonly mean: number[];
  readonly m2: number[];
  readonly variance: number[];
  readonly count: number[];
  readonly digest: string;
}

let images: Summary;

const json = (name: string) => JSON.parse(readFileSync(at.path(name), "utf8"));
const vector = async (file: string, select: string) => [...(await readVector(at.path(file), { select }))];

beforeAll(async () => {
  writeSample(at.path("images.npy"), [10, 3, 16, 16]);
  writeNpy(
    at.path("photos.npy"),
    [2, 2, 2, 3],
    Uint8Array.from({ length: 24 }, (_, i) => i * 10),
    "uint8",
  );
  writeNpy(at.path("nan.npy"), [3, 2], Float32Array.of(1, 2, Number.NaN, 4, 5, 9));
  writeNpy(at.path("one.npy"), [1, 2], Float32Array.of(1, 2));
  writeNpy(
    at.path("pictures.npy"),
    [4, 2, 2],
    Uint8Array.from({ length: 16 }, (_, i) => i),
    "uint8",
  );
  writeStateDict(at.path("affine.safetensors"), { weight: [1, 2, 3], bias: [4, 5, 6] });
  images = (await at.json("stats images.npy -o images.npz")) as unknown as Summary;
  await Promise.all([
    at.ok("stats images.npy -o images.json"),
    at.ok("stats images.npy -o images.safetensors"),
    at.ok("stats photos.npy --layout NHWC -o photos.npz"),
    at.ok("stats nan.npy -o nan.npz"),
    at.ok("stats nan.npy -o nan.safetensors --nan omit"),
    at.ok("stats nan.npy -o omitted.json --nan omit"),
    at.ok("stats one.npy -o one.npz"),
    at.ok("stats images.npy --norm instance -o instances.json"),
    at.ok("stats images.npy --shard 0/2 -o half.npz"),
    at.ok("stats pictures.npy --layout NHW -o pictures.npz"),
  ]);
});

describe("each target", () => {
  test("torch: a state dict, float32, running_var with correction 1", async () => {
    const document = await at.json(
      "export images.npz --to torch -o bn.safetensors --weight affine.safetensors --bias affine.safetensors",
    );
    expect(document).toMatchObject({
      schema: "normstream/export/1",
      input: "images.npz",
      to: "torch",
      output: "bn.safetensors",
      files: ["bn.safetensors"],
      module: "torch.nn.BatchNorm2d(3, eps=1e-05, momentum=0.1)",
      names: ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"],
    });
    expect(await vector("bn.safetensors", "weight")).toEqual([1, 2, 3]);
    expect(await vector("bn.safetensors", "running_mean")).toEqual(images.mean.map(Math.fround));
    const unbiased = images.m2.map((m2, c) => m2 / ((images.count[c] as number) - 1));
    const found = await vector("bn.safetensors", "running_var");
    // Half a unit in the last place of float32.
    for (let c = 0; c < 3; c++) expect((found[c] as number) / (unbiased[c] as number)).toBeCloseTo(1, 6);
    const { tensors } = await describeFile(at.path("bn.safetensors"));
    expect(tensors.map(({ name, dtype }) => [name, dtype])).toContainEqual(["num_batches_tracked", "I64"]);
  });

  test("keras: a layers model of two files, or weights", async () => {
    const { files } = await at.json("export images.json --to keras -o model.json --momentum 0.01 --eps 1e-3");
    const [weights, model] = files as string[];
    expect(model).toBe("model.json");
    const { modelTopology, weightsManifest } = json("model.json");
    expect(weightsManifest[0].paths).toEqual([weights]);
    const layers = modelTopology.config.layers as { class_name: string; config: object }[];
    expect(layers.map(({ class_name }) => class_name)).toEqual(["Permute", "BatchNormalization", "Permute"]);
    expect(layers[1]?.config).toMatchObject({ axis: -1, momentum: 0.99, epsilon: 0.001 });
    const bytes = readFileSync(at.path(weights as string));
    expect(bytes.length).toBe(4 * 3 * 4);
    expect([0, 4, 8].map((offset) => bytes.readFloatLE(36 + offset))).toEqual(images.variance.map(Math.fround));
    await at.ok("export images.json --to keras -o weights.npz --layout NHWC");
    expect(await vector("weights.npz", "moving_mean")).toEqual(images.mean.map(Math.fround));
  });

  test("onnx: a model", async () => {
    const document = await at.json("export images.npz --to onnx -o bn.onnx --layout NHWC");
    expect(document).toMatchObject({
      opset: 17,
      nodes: ["Transpose", "BatchNormalization", "Transpose"],
      shape: ["N", "H", "W", 3],
    });
    expect(readFileSync(at.path("bn.onnx")).includes(images.digest)).toBe(true);
    const instance = await at.json("export images.npz --to onnx -o in.onnx --norm instance");
    expect(instance.nodes).toEqual(["InstanceNormalization"]);
    const group = await at.json("export images.npz --to onnx -o gn.onnx --norm group --groups 3");
    expect(group).toMatchObject({ nodes: ["GroupNormalization"], opset: 21 });
  });

  test("sklearn: attributes, with the rows that each feature has", async () => {
    await at.ok("export omitted.json --to sklearn -o scaler.json");
    expect(json("scaler.json")).toEqual({
      mean_: [3, 5],
      var_: [4, 26 / 3],
      scale_: [2, Math.sqrt(26 / 3)],
      n_features_in_: 2,
      n_samples_seen_: [2, 3],
    });
  });

  test("torchvision: mean and std of uint8 pictures from 0 to 1", async () => {
    const { text } = await at.json("export photos.npz --to torchvision -o normalize.json");
    const { mean, std } = json("normalize.json");
    // Channel 0 holds 0, 30, …, 210: mean 105, variance 30² · (8² − 1) / 12.
    expect(mean[0]).toBeCloseTo(105 / 255, 14);
    expect(std[0]).toBeCloseTo(Math.sqrt((900 * 63) / 12) / 255, 14);
    expect(text).toContain("Both are divided by 255, as ToTensor divides uint8");
    expect(await at.json("export photos.npz --to torchvision -o scaled.json --scale 10")).toMatchObject({ scale: 10 });
  });
});

test("a table, a .json and a .safetensors summary of the same data say the same", async () => {
  for (const extension of ["npz", "json", "safetensors"])
    await at.ok(`export images.${extension} --to onnx -o from-${extension}.onnx`);
  const table = readFileSync(at.path("from-npz.onnx"));
  expect(readFileSync(at.path("from-json.onnx")).equals(table)).toBe(true);
  expect(readFileSync(at.path("from-safetensors.onnx")).equals(table)).toBe(true);
  await at.ok("export omitted.json --to sklearn -o a.json");
  await at.ok("export nan.safetensors --to sklearn -o b.json");
  const [a, b] = [json("a.json"), json("b.json")];
  expect(b).toMatchObject({ mean_: a.mean_, n_samples_seen_: a.n_samples_seen_ });
  // The variance went through × n / (n − 1) and back.
  for (let c = 0; c < 2; c++) expect(b.var_[c] / a.var_[c]).toBeCloseTo(1, 14);
});

test("what is said: the text in lines, and how to load it; the files on stderr", async () => {
  const { code, stdout, stderr } = await at.run("export pictures.npz --to keras -o said.npz");
  expect(code).toBe(0);
  expect(stderr).toBe("normstream: wrote said.npz\n");
  await expect(stdout).toMatchFileSnapshot("goldens/export-keras.txt");
});

test("a part says that it is one", async () => {
  const { text } = await at.json("export half.npz --to onnx -o half.onnx");
  expect(text).toContain("the statistics of images.npy: 5 samples (5 of its 10), 3 channels");
});

test("an existing file stays without --overwrite, and is replaced with it", async () => {
  for (const [to, output] of [
    ["torch", "there.safetensors"],
    ["keras", "there.json"],
    ["keras", "there.npz"],
    ["onnx", "there.onnx"],
    ["sklearn", "there-2.json"],
    ["torchvision", "there-3.json"],
  ] as const) {
    writeFileSync(at.path(output), "mine");
    await at.fails(`export images.npz --to ${to} -o ${output}`, 2, `${output}: the file exists`);
    expect(readFileSync(at.path(output), "utf8")).toBe("mine");
    await at.ok(`export images.npz --to ${to} -o ${output} --overwrite`);
    expect(readFileSync(at.path(output), "utf8")).not.toBe("mine");
  }
  expect(readdirSync(at.folder).filter((name) => name.startsWith("there.") && name.endsWith(".bin"))).toHaveLength(1);
});

/** Command line, exit code, and what the one line says. */
const REFUSED: readonly (readonly [line: string, code: number, ...parts: string[]])[] = [
  ["export images.npz -o y.onnx", 2, "export needs --to NAME", "torch, keras, onnx, sklearn or torchvision"],
  ["export images.npz --to tensorflow -o y.onnx", 2, '--to: "tensorflow"', "torch, keras, onnx, sklearn or torchvision"],
  ["export images.npz --to onnx", 2, "export needs -o FILE"],
  ["export images.npz --to onnx -o y.json", 2, "y.json", "expected .onnx (a model), found .json"],
  ["export images.npz --to torch -o y.pt", 2, "expected .safetensors (a state dict), found .pt"],
  ["export images.npz --to keras -o y.h5", 2, ".json (a layers model of TF.js) or .npz (the weights of a layer), found .h5"],
  ["export images.npz --to sklearn -o y", 2, "found none"],
  ["export images.npz --to sklearn -o y.json --eps 1", 2, "--eps does not go with --to sklearn"],
  ["export images.npz --to torchvision -o y.json --norm instance", 2, "--norm does not go with --to torchvision"],
  ["export images.npz --to onnx -o y.onnx --prefix a", 2, "--prefix does not go with --to onnx", "It goes with --to torch"],
  ["export images.npz --to onnx -o y.onnx --scale 2", 2, "--scale does not go with --to onnx"],
  ["export images.npz --to onnx -o y.onnx --norm instance --momentum 0.1", 2, "--momentum does not go with --norm instance"],
  ["export images.npz --to onnx -o y.onnx --norm group", 2, "--norm group needs --groups"],
  ["export images.npz --to onnx -o y.onnx --norm group --groups 2", 2, "2 groups do not divide 3 channels"],
  ["export images.npz --to onnx -o y.onnx --momentum 2", 2, '--momentum: "2"', "from 0 to 1"],
  ["export images.npz --to torchvision -o y.json --scale 0", 2, '--scale: "0"', "above 0"],
  ["export images.npz --to onnx -o y.onnx --batch-size 2", 2, "--batch-size does not go with export"],
  ["export images.npz --to torch -o y.safetensors --norm instance", 2, "instance norm", "has no state dict"],
  ["export images.npz --to torch -o y.safetensors --prefix a/b", 2, '"a/b" cannot stand before a name'],
  ["export images.npz --to keras -o y.json --norm group --groups 3", 2, "TF.js has no layer for group norm", "Write .npz"],
  ["export one.npz --to onnx -o y.onnx --norm instance", 2, "instance norm of layout NC"],
  ["export images.npz --to onnx -o y.onnx --weight one.npy", 2, "weight holds 2 values", "expected 3"],
  ["export images.npz --to onnx -o images.npz --overwrite", 2, "expected .onnx"],
  ["export images.json --to sklearn -o images.json --overwrite", 2, "images.json: the output is the input"],
  ["export images.npy --to onnx -o y.onnx", 2, "images.npy: holds no statistics", "normstream stats images.npy -o FILE.npz"],
  ["export instances.json --to onnx -o y.onnx", 2, "instances.json: holds statistics of instance norm"],
  ["export affine.safetensors --to onnx -o y.onnx", 3, "affine.safetensors: holds no statistics"],
  ["export older.safetensors --to onnx -o y.onnx", 3, '"dtype" of its metadata is wrong', "Write it again"],
  [
    "export nan.npz --to onnx -o y.onnx",
    3,
    "nan.npy, channel 0: the mean is NaN",
    "1 of its values are not finite",
    "--nan omit",
  ],
  ["export one.npz --to torch -o y.safetensors", 3, "one.npy, channel 0: 1 value: running_var (correction 1) needs 2"],
  ["export one.npz --to onnx -o y.onnx --eps 0", 3, "channel 0: variance + eps is 0"],
  ["export damaged.npz --to onnx -o y.onnx", 3, "damaged.npz", "digest"],
  ["export missing.npz --to onnx -o y.onnx", 4, "missing.npz", "no such file"],
  ["export images.npz --to onnx -o nowhere/y.onnx", 4, "nowhere/y.onnx"],
];

describe("what cannot be exported is refused in one line", () => {
  beforeAll(() => {
    const damaged = readFileSync(at.path("images.npz"));
    damaged.writeUInt8(damaged.readUInt8(400) ^ 1, 400);
    writeFileSync(at.path("damaged.npz"), damaged);
    const summary = readFileSync(at.path("images.safetensors"), "latin1");
    writeFileSync(at.path("older.safetensors"), summary.replace('"dtype":"float32"', '"dtypo":"float32"'), "latin1");
  });

  for (const [line, code, ...parts] of REFUSED) test(`${line} → ${code}`, () => at.fails(line, code, ...parts));

  test("and leaves nothing", () => {
    expect(at.partials()).toEqual([]);
    expect(readdirSync(at.folder).filter((name) => name.startsWith("y."))).toEqual([]);
  });
});
