import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { computeStatistics, normalize, openTensor } from "normstream";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { fileWriter } from "./containers.js";
import { sharedPools } from "./engines.js";
import { png } from "./png.js";
import * as rules from "./reference-table.js";
import { dataOf, randomOf } from "./sample-data.js";

const files = fileWriter();
const poolOf = sharedPools();

interface Picture {
  readonly height: number;
  readonly width: number;
  readonly at: (y: number, x: number, c: number) => number;
}

function folderOf(images: readonly (Uint8Array | string)[]): string {
  const folder = files.fresh("images");
  mkdirSync(folder);
  for (const [i, bytes] of images.entries()) writeFileSync(join(folder, `${String(i).padStart(4, "0")}.png`), bytes);
  return folder;
}

function picture(height: number, width: number, bits: 8 | 16, seed: number): Picture {
  const random = randomOf(seed);
  const values = Uint16Array.from({ length: height * width * 4 }, () => Math.floor(random() * 2 ** bits));
  return { height, width, at: (y, x, c) => values[(y * width + x) * 4 + c] as number };
}

/** The digest of images that may differ in size, by the rules alone: S = 0 where they do. */
function digestOf(pictures: readonly Picture[], channels: number, dtype: "uint8" | "uint16"): string {
  const one = ({ height, width, at }: Picture) =>
    dataOf(
      dtype,
      [1, channels, height * width],
      Float64Array.from({ length: channels * height * width }, (_, i) => {
        const j = i % (height * width);
        return at(Math.floor(j / width), j % width, Math.floor(i / (height * width)));
      }),
    );
  const rows = pictures.flatMap((each) => rules.table(one(each), { perInstance: true }));
  const { dtype: _, ...base } = one(pictures[0] as Picture);
  return rules.digest(rows, { ...base, dtype, samples: pictures.length, planeSize: 0 }, { perInstance: true });
}

describe("images of unequal sizes", () => {
  test("merge by their counts, whatever the threads and shards", async () => {
    const size = fc.integer({ min: 1, max: 24 });
    const way = fc.record({
      sizes: fc.array(fc.tuple(size, size), { minLength: 2, maxLength: 12 }),
      channels: fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const),
      bits: fc.constantFrom(8 as const, 16 as const),
      threads: fc.constantFrom(0, 2),
      shardBytes: fc.constantFrom(1, 1000, 1e7),
      seed: fc.nat(1000),
    });
    const check = fc.asyncProperty(way, async ({ sizes, channels, bits, threads, shardBytes, seed }) => {
      fc.pre(new Set(sizes.map(String)).size > 1);
      const pictures = sizes.map(([height, width], i) => picture(height, width, bits, seed + i));
      const folder = folderOf(pictures.map(({ height, width, at }) => png([height, width], channels, bits, at)));
      await using source = await openTensor(folder);
      using statistics = await computeStatistics(source, { pool: poolOf({ threads }), shardBytes });
      expect(statistics.table).toMatchObject({ planeSize: 0, grain: 1, samples: sizes.length });
      expect(statistics.digest).toBe(digestOf(pictures, channels, bits === 8 ? "uint8" : "uint16"));
      expect(statistics.facts.shape).toEqual(channels === 1 ? [sizes.length, 0, 0] : [sizes.length, 0, 0, channels]);
    });
    await fc.assert(check, { numRuns: 25, seed: 6 });
  }, 120_000);

  test("larger than what is summed up at once", async () => {
    const pictures = [picture(700, 601, 8, 1), picture(3, 2, 8, 2), picture(90, 91, 8, 3)];
    const folder = folderOf(pictures.map(({ height, width, at }) => png([height, width], 3, 8, at)));
    await using source = await openTensor(folder);
    using statistics = await computeStatistics(source, { pool: poolOf({ threads: 2, memory: "32MB" }) });
    expect(statistics.digest).toBe(digestOf(pictures, 3, "uint8"));
  });

  test("cannot be normalized into one tensor, but scaled they can", async () => {
    const folder = folderOf([png([20, 20], 1, 8, (y) => y), png([20, 30], 1, 8, (_, x) => x)]);
    const output = files.fresh("npy");
    await using unequal = await openTensor(folder);
    await expect(normalize(unequal, { by: "instance" }).to(output)).rejects.toThrow(
      "0001.png: images of different sizes are no tensor; expected 20 × 20 pixels, as the first one has, found 30 × 20",
    );
    await using scaled = await openTensor(folder, { resize: { width: 16, height: 10 } });
    expect(scaled.shape).toEqual([2, 10, 16]);
    expect((await normalize(scaled, { by: "instance" }).to(output)).shape).toEqual([2, 10, 16]);
  });
});

describe("what cannot be decoded", () => {
  const good = (seed: number) => picture(20, 20, 8, seed);
  const encoded = (seed: number) => png([20, 20], 1, 8, good(seed).at);
  const images = [encoded(1), "no image", encoded(2), encoded(3).subarray(0, 100), "", encoded(4)];

  test("is an error that names it", async () => {
    await using source = await openTensor(folderOf(images));
    await expect(computeStatistics(source, { pool: poolOf({ threads: 2 }) })).rejects.toThrow(
      "0001.png: the image cannot be decoded",
    );
  });

  test.each([
    { planes: "large", size: 20 },
    { planes: "small, several a row", size: 9 },
  ])("is left out, counted and named where that is asked for: planes that are $planes", async ({ size }) => {
    const at = (seed: number) => picture(size, size, 8, seed).at;
    const bytes = (seed: number) => png([size, size], 1, 8, at(seed));
    const folder = folderOf(["", bytes(1), "no image", bytes(2), bytes(3), bytes(4).subarray(0, 60)]);
    await using source = await openTensor(folder, { skipBad: true });
    using statistics = await computeStatistics(source, { pool: poolOf({ threads: 2 }), shardBytes: 1 });
    const values = Float64Array.from({ length: 3 * size * size }, (_, i) => {
      const j = i % (size * size);
      return at(1 + Math.floor(i / (size * size)))(Math.floor(j / size), j % size, 0);
    });
    const data = dataOf("uint8", [3, 1, size * size], values);
    expect(statistics.digest).toBe(rules.digest(rules.table(data), data));
    const { shape, skipped, totalSamples } = statistics.facts;
    expect({ shape, totalSamples, samples: statistics.samples }).toEqual({ shape: [3, size, size], totalSamples: 3, samples: 3 });
    expect(skipped?.count).toBe(3);
    expect(skipped?.first.map(({ sample }) => sample)).toEqual([0, 2, 5]);
    expect(skipped?.first[1]?.reason).toContain("0002.png: the image cannot be decoded");
  });
});

describe("what images say of themselves", () => {
  /** 6 × 4, so that a turn shows. */
  const base = sharp(Buffer.from(Array.from({ length: 72 }, (_, i) => (i * 37) % 256)), {
    raw: { width: 6, height: 4, channels: 3 },
  });
  const meanOf = async (bytes: Uint8Array, options = {}) => {
    await using source = await openTensor(folderOf([bytes]), options);
    using statistics = await computeStatistics(source);
    return { shape: source.shape, dtype: source.dtype, mean: [...statistics.mean] };
  };
  const meansOf = (pixels: Uint8Array) =>
    [0, 1, 2].map((c) => pixels.filter((_, i) => i % 3 === c).reduce((a, b) => a + b, 0) / 24);

  test("an EXIF orientation turns it", async () => {
    for (const [orientation, shape] of [
      [1, [1, 4, 6, 3]],
      [3, [1, 4, 6, 3]],
      [6, [1, 6, 4, 3]],
      [8, [1, 6, 4, 3]],
    ] as const) {
      for (const format of ["png", "webp", "tiff"] as const) {
        const options = { lossless: true, compression: "deflate" } as const;
        const bytes = await base.clone().withMetadata({ orientation }).toFormat(format, options).toBuffer();
        const mean = meansOf(await base.clone().raw().toBuffer());
        expect({ format, orientation, ...(await meanOf(bytes)) }).toEqual({ format, orientation, shape, dtype: "uint8", mean });
      }
      const jpeg = await base.clone().withMetadata({ orientation }).jpeg().toBuffer();
      expect((await meanOf(jpeg)).shape).toEqual(shape);
    }
  });

  test("a colour profile is not applied: values are those that are stored", async () => {
    const bytes = await base.clone().withIccProfile("p3").png().toBuffer();
    const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
    expect((await meanOf(bytes)).mean).toEqual(meansOf(stored));
  });

  test.each(["jpeg", "avif"] as const)("%s is read as libvips reads it", async (format) => {
    const bytes = await base.clone().toFormat(format, { quality: 90 }).toBuffer();
    const decoded = await sharp(bytes).raw().toBuffer();
    expect(await meanOf(bytes)).toEqual({ shape: [1, 4, 6, 3], dtype: "uint8", mean: meansOf(decoded) });
  });

  test("small plain PNGs, which libvips does not decode, have the values that it finds", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(1, 2, 3, 4),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 9 }),
        fc.infiniteStream(fc.nat({ max: 255 })),
        async (channels, width, height, compressionLevel, stream) => {
          const raw = { width, height, channels: channels as 1 | 2 | 3 | 4 };
          const pixels = Uint8Array.from({ length: width * height * channels }, () => stream.next().value as number);
          const image = sharp(pixels, { raw }).toColourspace(channels < 3 ? "b-w" : "srgb");
          const bytes = await image.png({ compressionLevel, adaptiveFiltering: compressionLevel % 2 === 0 }).toBuffer();
          const mean = Array.from({ length: channels }, (_, c) => {
            const own = pixels.filter((_, i) => i % channels === c);
            return own.reduce((sum, value) => sum + value, 0) / own.length;
          });
          const found = (await meanOf(bytes)).mean as number[];
          for (const [c, expected] of mean.entries()) expect(found[c]).toBeCloseTo(expected, 9);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a palette is RGB, and a colour that is transparent makes an alpha channel", async () => {
    const palette = await base.clone().png({ palette: true, colours: 256 }).toBuffer();
    expect((await meanOf(palette)).shape).toEqual([1, 4, 6, 3]);
    const clear = await base.clone().ensureAlpha(0.5).png({ palette: true }).toBuffer();
    expect((await meanOf(clear)).shape).toEqual([1, 4, 6, 4]);
  });

  test("--color converts", async () => {
    const cmyk = await base.clone().toColourspace("cmyk").jpeg().toBuffer();
    await expect(meanOf(cmyk)).rejects.toThrow("the image is CMYK or another colour space; expected grey, RGB or RGBA");
    expect((await meanOf(cmyk, { color: "rgb" })).shape).toEqual([1, 4, 6, 3]);
    const grey = png([4, 6], 1, 8, (y, x) => y * 6 + x);
    expect(await meanOf(grey, { color: "rgb" })).toEqual({ shape: [1, 4, 6, 3], dtype: "uint8", mean: [11.5, 11.5, 11.5] });
    expect(await meanOf(grey, { color: "rgba" })).toMatchObject({ shape: [1, 4, 6, 4], mean: [11.5, 11.5, 11.5, 255] });
    expect((await meanOf(await base.clone().png().toBuffer(), { color: "grey" })).shape).toEqual([1, 4, 6]);
  });
});
