import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { encodeNpyHeader } from "@normstream/formats";
import sharp from "sharp";
import { expect, test } from "vitest";
import { commandFolder } from "./command-line.js";
import { bytesOf, sampleValues } from "./sample-files.js";

const at = commandFolder();
const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const npyOf = (shape: readonly number[]) =>
  Buffer.concat([encodeNpyHeader(shape, "float32"), bytesOf(sampleValues(size(shape), size(shape)))]);
const idx = (shape: readonly number[]) =>
  Buffer.from([0, 0, 8, shape.length, ...shape.flatMap((n) => [0, 0, 0, n]), ...new Array(size(shape)).keys()]);
const png = (value: number) =>
  sharp(Buffer.alloc(16, value), { raw: { width: 4, height: 4, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toBuffer();

function write(files: Readonly<Record<string, Uint8Array | string>>): void {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(at.folder, name)), { recursive: true });
    writeFileSync(join(at.folder, name), bytes);
  }
}
const manifestOf = (folder: string) => JSON.parse(readFileSync(join(at.folder, folder, "normstream.json"), "utf8"));
const partsOf = (folder: string) =>
  manifestOf(folder).parts.map((part: { name: string; path: unknown }) => [part.name, part.path]);

test("shards by their names, labels and papers left out", async () => {
  const shards = Object.fromEntries([0, 1, 2].map((i) => [`flat/train-00${i}.npy`, npyOf([2 + i, 3])]));
  write({
    ...shards,
    "flat/x_test.npy": npyOf([5, 3]),
    "flat/labels.npy": npyOf([9]),
    "flat/README.md": "x",
    "flat/odd.npy": npyOf([2, 7]),
  });
  const said = await at.json("init flat");
  expect(manifestOf("flat")).toEqual({
    schema: "normstream/manifest/1",
    name: "flat",
    parts: [
      { name: "train", path: "train-*.npy", format: "npy", layout: "NC", dtype: "float32", shape: [9, 3] },
      { name: "test", path: "x_test.npy", format: "npy", layout: "NC", dtype: "float32", shape: [5, 3] },
    ],
    splits: { train: ["train"], test: ["test"] },
  });
  const { leftOut } = said as { leftOut: { count: number; first: { path: string; reason: string }[] } };
  expect(leftOut.first.map(({ path }) => path).sort()).toEqual(["README.md", "labels.npy", "odd.npy"]);
  expect(leftOut.first.find(({ path }) => path === "odd.npy")?.reason).toBe(
    "is npy of [N, 7] float32, and most of the data is npy of [N, 3] float32",
  );
  expect(leftOut.first.find(({ path }) => path === "labels.npy")?.reason).toContain("[9] float32 has no samples of channels");
  const whole = await at.json("stats flat");
  expect(whole).toMatchObject({ input: "flat/normstream.json", shape: [14, 3] });
  const train = await at.json("stats flat --split train");
  const { digest } = await at.json("stats flat/train-*.npy");
  expect(train).toMatchObject({ input: "flat/normstream.json:train", shape: [9, 3], digest });
}, 120_000);

test("folders of images by class, in splits", async () => {
  write({
    "photos/train/cat/1.png": await png(1),
    "photos/train/cat/2.png": await png(2),
    "photos/train/dog/1.png": await png(3),
    "photos/valid/cat/7.png": await png(4),
    "photos/valid/dog/7.png": await png(5),
    "photos/train/classes.txt": "cat\ndog\n",
  });
  await at.ok("init photos");
  expect(partsOf("photos")).toEqual([
    ["train", "train/**/*.png"],
    ["val", "valid/**/*.png"],
  ]);
  expect(manifestOf("photos").parts[0]).toMatchObject({ format: "images", shape: [3, null, null] });
  expect(await at.json("stats photos --split train")).toMatchObject({ shape: [3, 4, 4] });
  expect((await at.json("stats photos")).digest).toBe((await at.json("stats photos/*/*/*.png")).digest);
}, 120_000);

test("one file a split; where it is written, and that nothing is written over", async () => {
  write({ "mnist/t10k-images-idx3-ubyte": idx([3, 2, 2]), "mnist/train-images-idx3-ubyte": idx([4, 2, 2]) });
  await at.ok("init mnist -o elsewhere.json");
  const { parts } = JSON.parse(readFileSync(at.path("elsewhere.json"), "utf8"));
  expect(parts.map(({ name, path }: { name: string; path: string }) => [name, path])).toEqual([
    ["train", "mnist/train-images-idx3-ubyte"],
    ["test", "mnist/t10k-images-idx3-ubyte"],
  ]);
  expect(await at.json("stats elsewhere.json --split test")).toMatchObject({ shape: [3, 2, 2], layout: "NHW" });
  await at.fails("init mnist -o elsewhere.json", 2, "elsewhere.json: the file exists.");
  await at.ok("init mnist -o elsewhere.json --overwrite");
}, 120_000);

test("all commands take a manifest", async () => {
  write({ "all/train.npy": npyOf([40, 3]), "all/test.npy": npyOf([24, 3]) });
  await at.ok("init all");
  const { digest } = await at.json("stats all/train.npy");
  await at.ok("stats all --split train -o train.npz");
  expect(await at.json("verify train.npz")).toMatchObject({ holds: true, digest });
  cpSync(at.path("all"), at.path("copy"), { recursive: true });
  expect(await at.json("verify train.npz copy/normstream.json:train --all")).toMatchObject({ holds: true });
  expect((await at.json("info all")).tensors).toMatchObject([
    { name: "train", shape: [40, 3] },
    { name: "test", shape: [24, 3] },
  ]);
  expect(await at.ok("info all")).toContain("split    train: 40 samples");
  await at.ok("normalize all --split test -o out.npy --checkpoint state");
  expect((await at.json("stats out.npy")).shape).toEqual([24, 3]);
  expect((await at.json("normalize all -o whole.npy --shard-bytes 100")).shape).toEqual([64, 3]);
  for (const line of [
    "advise all --split train",
    "check all --fail-on never",
    "report all --split test",
    "compare all:train all/normstream.json:test",
  ]) {
    await at.ok(line);
  }
  await at.fails("normalize all -o all/train.npy --overwrite", 2, "all/train.npy: the output is a part of the input.");
}, 120_000);

test("what is no folder of data", async () => {
  write({ "empty/README.md": "x", "one.npy": npyOf([2, 2]) });
  await at.fails("init empty", 3, "there is nothing that could be a data set, found 1 that cannot be (README.md: is no data)");
  await at.fails("init gone", 4, "gone: cannot open: no such file or folder");
  await at.fails("init one.npy", 2, "is a file, which needs no manifest");
  await at.fails("init s3://bucket/data", 2, "a far place does not list its files");
  write({ "samples/a.npy": npyOf([3, 4, 4]), "samples/b.npy": npyOf([3, 4, 4]) });
  await at.fails("init samples", 2, "may be a sample each, or hold 3 samples", "--layout NCHW");
  await at.ok("init samples --layout NCHW");
  expect(manifestOf("samples").parts).toMatchObject([{ path: "*.npy", layout: "NCHW", shape: [2, 3, 4, 4] }]);
}, 120_000);
