import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Normalization, NormstreamError, normalize, openTensor, tensor } from "normstream";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "./scratch.js";

const scratch = scratchFolder();
const SHAPE = [5, 4, 6] as const;
const values = Float32Array.from({ length: 120 }, (_, i) => ((i * 7919) % 101) - 20);
const mean = values.reduce((a, b) => a + b, 0) / values.length;
const std = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length + 1e-5);

const drawnAs = (value: number, low: number, high: number): number =>
  Math.round(Math.min(1, Math.max(0, (value - low) / (high - low))) * 255);

async function pixels(path: string) {
  const { width, height, channels } = await sharp(path).metadata();
  const data = await sharp(path)
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer();
  return { data: [...data], width, height, channels };
}

/** Grey images of random values, to be drawn. */
const greys = (): Normalization => normalize(tensor(SHAPE, "float32", { layout: "NHW", data: values }), { by: "batch" });

test("grey pictures show normalized values from -3 to 3, by the statistics of all samples", async () => {
  const path = scratch.fresh("-look");
  const result = await greys().toPictures(path, { limit: 2 });
  expect(result).toEqual({
    ...{ output: path, pictures: 2, width: 6, height: 4, planes: 1, norm: "batch", range: [-3, 3], clipped: 0, nonFinite: 0 },
  });
  expect(readdirSync(path)).toEqual(["000000.png", "000001.png", "look.json", "sheet.png"]);
  for (const n of [0, 1]) {
    const { data, ...size } = await pixels(join(path, `00000${n}.png`));
    expect(size).toEqual({ width: 6, height: 4, channels: 1 });
    const expected = [...values.subarray(n * 24, n * 24 + 24)].map((value) => drawnAs((value - mean) / std, -3, 3));
    expect(data).toEqual(expected);
  }
  expect(JSON.parse(readFileSync(join(path, "look.json"), "utf8"))).toMatchObject({ schema: "normstream/look/1", samples: 2 });
  // Two pictures of 6 × 4 pixels, 16 times as large, and a gap around each.
  expect(await sharp(join(path, "sheet.png")).metadata()).toMatchObject({ width: 2 * 96 + 12, height: 64 + 8 });
});

describe("channels", () => {
  const planes = Float32Array.from({ length: 2 * 3 * 4 }, (_, i) => i % 11);
  test("three are RGB, from NCHW and NHWC alike", async () => {
    const first = scratch.fresh("-chw");
    const second = scratch.fresh("-hwc");
    const interleaved = planes.map((_, i) => planes[(i % 3) * 4 + Math.floor((i % 12) / 3) + Math.floor(i / 12) * 12] as number);
    await normalize(tensor([2, 3, 2, 2], "float32", { data: planes }), { by: "instance" }).toPictures(first);
    const source = tensor([2, 2, 2, 3], "float32", { data: interleaved, layout: "NHWC" });
    await normalize(source, { by: "instance" }).toPictures(second);
    const { data, channels } = await pixels(join(first, "000001.png"));
    expect(channels).toBe(3);
    expect(await pixels(join(second, "000001.png"))).toMatchObject({ data });
    // The mean of each plane is mid-grey: instance norm gives each the same.
    for (const c of [0, 1, 2]) {
      const plane = data.filter((_, i) => i % 3 === c);
      expect(Math.abs(plane.reduce((a, b) => a + b, 0) / 4 - 127.5)).toBeLessThanOrEqual(1);
    }
  });

  test("others stand beside each other", async () => {
    const path = scratch.fresh("-two");
    const two = Float32Array.of(0, 1, 2, 3, 10, 20, 30, 40);
    const source = tensor([1, 2, 2, 2], "float32", { data: two });
    expect(await normalize(source, { by: "instance" }).toPictures(path, { range: "each" })).toMatchObject({
      ...{ width: 4, height: 2, planes: 2, range: "each", clipped: 0 },
    });
    expect((await pixels(join(path, "000000.png"))).data).toEqual([0, 85, 0, 85, 170, 255, 170, 255]);
  });
});

test("values beyond the range and values that are not finite are counted", async () => {
  const path = scratch.fresh("-odd");
  const source = tensor([1, 1, 2, 3], "float32", { data: [0, 0, 0, 0, 9, Number.NaN] });
  const result = await normalize(source, { by: "instance", nan: "omit" }).toPictures(path, { range: [-1, 1] });
  expect(result).toMatchObject({ clipped: 1, nonFinite: 1 });
  expect((await pixels(join(path, "000000.png"))).data.slice(4)).toEqual([255, 0]);
});

test("a large picture shrinks on the sheet alone", async () => {
  const path = scratch.fresh("-large");
  const data = Float32Array.from({ length: 600 * 300 }, (_, i) => i % 600);
  await normalize(tensor([1, 300, 600], "float32", { layout: "NHW", data }), { by: "layer" }).toPictures(path);
  expect(await sharp(join(path, "000000.png")).metadata()).toMatchObject({ width: 600, height: 300 });
  expect(await sharp(join(path, "sheet.png")).metadata()).toMatchObject({ width: 256 + 8, height: 128 + 8 });
});

describe("refused", () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ["a table", () => normalize(tensor([4, 3], "float32"), { by: "batch" }).toPictures(scratch.fresh("")), "drawn as no picture"],
    [
      "batches",
      () => normalize(tensor(SHAPE, "uint8", { layout: "NHW" }), { by: "batch", batchSize: 2 }).toPictures(scratch.fresh("")),
      "batches",
    ],
    ["too many", () => greys().toPictures(scratch.fresh(""), { limit: 257 }), "at most 256"],
    ["a range upside down", () => greys().toPictures(scratch.fresh(""), { range: [1, -1] }), "the first one below the second"],
  ])("%s", async (_, action, part) => {
    await expect(action()).rejects.toThrow(part);
    await expect(action()).rejects.toBeInstanceOf(NormstreamError);
  });

  test("a folder that is something else, and one that exists", async () => {
    const path = scratch.fresh("-mine");
    mkdirSync(path);
    writeFileSync(join(path, "photo.png"), "mine");
    await expect(greys().toPictures(path, { overwrite: true })).rejects.toThrow("is no folder of pictures");
    const look = scratch.fresh("-look");
    await greys().toPictures(look, { limit: 3 });
    await expect(greys().toPictures(look)).rejects.toThrow("--overwrite");
    await greys().toPictures(look, { limit: 1, overwrite: true });
    expect(existsSync(join(look, "000002.png"))).toBe(false);
  });

  test("data that fail in the middle leave nothing", async () => {
    const before = readdirSync(scratch.folder);
    const source = tensor([2, 1, 1, 2], "float32", { data: [1, 2, Number.NaN, 1] });
    const path = scratch.fresh("-none");
    await expect(normalize(source, { by: "instance", nan: "error" }).toPictures(path)).rejects.toThrow("NaN");
    expect(readdirSync(scratch.folder)).toEqual(before);
  });
});

test("a file is drawn without reading more than it shows", async () => {
  const path = scratch.write(
    ".bin",
    new Uint8Array(100 * 16).map((_, i) => i % 251),
  );
  await using source = await openTensor(path, { shape: [100, 4, 4], dtype: "u1", layout: "NHW" });
  const look = scratch.fresh("-look");
  expect(await normalize(source, { by: "instance" }).toPictures(look)).toMatchObject({ pictures: 16 });
});
