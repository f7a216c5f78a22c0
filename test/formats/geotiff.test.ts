import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { encodeNpyHeader, openRegions, openTensor } from "@normstream/formats";
import { geometryOf, itemSize, type Layout, type TensorSource } from "@normstream/tensor";
import fc from "fast-check";
import { computeStatistics, openTensor as open } from "normstream";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { expectError, scratchFolder } from "./scratch.js";
import { type TiffOptions, tiffBytes } from "./tiff-file.js";

const scratch = scratchFolder();
const write = (options: TiffOptions) => scratch.write(".tif", tiffBytes(options));
const drawn = (band: number, y: number, x: number) => (band * 91 + y * 17 + x * 5) % 120;
const PLAIN: TiffOptions = { width: 37, height: 21, bands: 3, type: "u1", value: drawn };

/** All values of a source, sample by sample, channels first; read in parts of so many positions. */
async function valuesOf(source: TensorSource, step = 1e9): Promise<{ values: number[]; missing: number }> {
  using reader = openRegions(source as never);
  const { samples, channels, planeSize } = geometryOf(source.shape, source.layout);
  const size = itemSize(source.dtype);
  const values: number[] = [];
  let missing = 0;
  for (let sample = 0; sample < samples; sample++) {
    for (let channel = 0; channel < channels; channel++) {
      for (let position = 0; position < planeSize; position += step) {
        const positionEnd = Math.min(planeSize, position + step);
        const target = new Uint8Array((positionEnd - position) * size);
        const region = { sample, sampleEnd: sample + 1, channel, channelEnd: channel + 1, position, positionEnd };
        const parts = "slice" in source.storage ? source.storage.slice(sample, sample + 1) : undefined;
        await reader.read(region, target, parts);
        values.push(...arrayOf(source.dtype, target));
      }
    }
  }
  missing += reader.takeMissing?.()?.count ?? 0;
  return { values, missing };
}

function arrayOf(dtype: string, { buffer }: Uint8Array): Iterable<number> {
  const arrays = { uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array, int32: Int32Array } as const;
  if (dtype in arrays) return new arrays[dtype as keyof typeof arrays](buffer as ArrayBuffer);
  return dtype === "float64" ? new Float64Array(buffer as ArrayBuffer) : new Float32Array(buffer as ArrayBuffer);
}

const expected = ({ width, height, bands, value }: TiffOptions): number[] =>
  Array.from({ length: bands * height * width }, (_, i) =>
    value(Math.floor(i / (width * height)), Math.floor(i / width) % height, i % width),
  );

describe("strips and tiles, bands beside each other and by themselves", () => {
  const forms: readonly (readonly [string, Partial<TiffOptions>, Layout])[] = [
    ["one strip", {}, "NHWC"],
    ["strips of rows, the last one shorter", { rows: 4 }, "NHWC"],
    ["tiles beyond the edges", { tile: [16, 16] }, "NHWC"],
    ["planes in strips", { planar: true, rows: 5 }, "NCHW"],
    ["planes in tiles, deflated", { planar: true, tile: [32, 16], deflate: true }, "NCHW"],
    ["big-endian tiles", { tile: [16, 16], bigEndian: true, deflate: true }, "NHWC"],
    ["BigTIFF", { big: true, rows: 3 }, "NHWC"],
    ["big-endian BigTIFF in planes", { big: true, bigEndian: true, planar: true }, "NCHW"],
    ["differences between neighbours", { tile: [16, 16], deflate: true, predictor: true }, "NHWC"],
  ];
  const types: readonly (readonly [string, string])[] = [
    ...([
      ["u1", "uint8"],
      ["i1", "int8"],
      ["u2", "uint16"],
      ["i2", "int16"],
      ["i4", "int32"],
    ] as const),
    ...([
      ["u4", "float64"],
      ["f4", "float32"],
      ["f8", "float64"],
    ] as const),
  ];
  test.each(forms)("%s", async (_, form, layout) => {
    for (const [type, dtype] of types) {
      if (form.predictor && type.startsWith("f")) continue;
      const signed = type.startsWith("u") ? 0 : 60;
      const value = (band: number, y: number, x: number) => drawn(band, y, x) - signed;
      const options = { ...PLAIN, ...form, type, value };
      await using source = await openTensor(write(options));
      expect(source).toMatchObject({ format: "geotiff", dtype, layout, nanIsMissing: false });
      expect((await valuesOf(source, 100)).values).toEqual(expected(options));
      expect(source.readers?.[0]).toMatch(/^geotiff \d/);
    }
  });
  test("every value of a type, to its ends", async () => {
    for (const [type, ends] of [
      ["u4", [0, 2 ** 32 - 1]],
      ["i4", [-(2 ** 31), 2 ** 31 - 1]],
      ["f8", [-1.5e300, 5e-324]],
    ] as const) {
      const options = { ...PLAIN, bands: 1, type, value: (_: number, y: number) => ends[y % 2] as number };
      expect((await valuesOf(await openTensor(write(options)))).values).toEqual(expected(options));
    }
  });
  test("any region of any file is what it is of the whole", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          width: fc.integer({ min: 1, max: 40 }),
          height: fc.integer({ min: 1, max: 40 }),
          bands: fc.integer({ min: 1, max: 5 }),
        }),
        fc.oneof(
          fc.record({ rows: fc.integer({ min: 1, max: 40 }) }),
          fc.record({ tile: fc.constantFrom([16, 16], [32, 16], [16, 48]) }),
        ),
        fc.boolean(),
        fc.constantFrom<Layout>("NCHW", "NHWC"),
        fc.integer({ min: 1, max: 60 }),
        async (size, cut, planar, layout, step) => {
          const options = { ...PLAIN, ...size, ...cut, planar, type: "u2" } as TiffOptions;
          await using source = await openTensor(write(options), { layout });
          expect(source.layout).toBe(layout);
          expect((await valuesOf(source, step)).values).toEqual(expected(options));
        },
      ),
      { numRuns: 60, seed: 6 },
    );
  });
});

describe("nodata", () => {
  const value = (_: number, y: number, x: number) => (x === 3 ? 9 : x + y);
  test.each([
    ["u1", "9", "float32", true],
    ["i2", "9", "float32", true],
    ["i4", "9", "float64", true],
    ["u4", "9.0", "float64", true],
    ["f4", "9", "float32", true],
    ["f8", "9", "float64", true],
    ["u1", "-9999", "uint8", false],
    ["u1", "1.5", "uint8", false],
  ])("%s with %s is %s", async (type, nodata, dtype, isLeftOut) => {
    const options = { ...PLAIN, bands: 1, type, nodata, value };
    await using source = await openTensor(write(options));
    expect(source).toMatchObject({ dtype, nanIsMissing: isLeftOut });
    expect((await valuesOf(source)).values).toEqual(expected(options).map((v) => (v === 9 && isLeftOut ? Number.NaN : v)));
  });

  test("is rounded as float32 values are, and may be NaN", async () => {
    const lowest = -3.4028234663852886e38;
    const options = {
      ...PLAIN,
      bands: 1,
      type: "f4",
      nodata: String(lowest),
      value: (_: number, y: number) => (y < 3 ? lowest : y),
    };
    const { values } = await valuesOf(await openTensor(write(options)));
    expect(values.filter(Number.isNaN).length).toBe(3 * 37);
    const source = await openTensor(write({ ...options, nodata: "nan", value: (_, y) => (y < 3 ? Number.NaN : y) }));
    expect(source.nanIsMissing).toBe(true);
    expect((await valuesOf(source)).values.filter(Number.isNaN).length).toBe(3 * 37);
  });

  test("is left out of the moments, and counted", async () => {
    const options = { ...PLAIN, bands: 2, nodata: "9", value, planar: true };
    await using source = await open(write(options));
    using statistics = await computeStatistics(source);
    const { moments } = statistics.batchNorm();
    const kept = expected({ ...options, bands: 1 }).filter((v) => v !== 9);
    const left = 37 * 21 - kept.length;
    expect([...moments.count]).toEqual([kept.length, kept.length]);
    expect([...moments.nan]).toEqual([left, left]);
    const mean = kept.reduce((a, b) => a + b, 0) / kept.length;
    expect(moments.mean[0]).toBeCloseTo(mean, 12);
  });

  test("half floats", async () => {
    const halves = [0x3c00, 0xc000, 0x7bff, 0x3c00];
    const options: TiffOptions = {
      width: 4,
      height: 1,
      bands: 1,
      type: "f2",
      nodata: "1",
      value: (_, __, x) => halves[x] as number,
    };
    await using source = await openTensor(write(options));
    expect(source).toMatchObject({ dtype: "float16", nanIsMissing: true });
    using reader = openRegions(source as never);
    const target = new Uint8Array(8);
    await reader.read({ sample: 0, sampleEnd: 1, channel: 0, channelEnd: 1, position: 0, positionEnd: 4 }, target);
    expect([...new Uint16Array(target.buffer)]).toEqual([0x7e00, 0xc000, 0x7bff, 0x7e00]);
  });
});

test("blocks that nobody has written are counted, or refused", async () => {
  const options = { ...PLAIN, tile: [16, 16] as const, sparse: [1, 4] };
  const path = write(options);
  for (const step of [7, 1e9]) {
    const { values, missing } = await valuesOf(await openTensor(path, { layout: "NHWC" }), step);
    // Once for each channel that is read by itself here.
    expect(missing).toBe(2);
    const tileOf = (i: number) => Math.floor((Math.floor(i / 37) % 21) / 16) * 3 + Math.floor((i % 37) / 16);
    expect(values).toEqual(expected(options).map((v, i) => (options.sparse.includes(tileOf(i)) ? 0 : v)));
  }
  const { values } = await valuesOf(await openTensor(write({ ...options, nodata: "9" })));
  expect(values.filter(Number.isNaN).length).toBeGreaterThan(2 * 16 * 5);
  await using strict = await openTensor(path, { missing: "error" });
  await expectError(() => valuesOf(strict), "data", "the block at row 0, column 16 is missing");
});

describe("what GDAL says of bands", () => {
  const item = (band: number, name: string, text: string) => `<Item name="${name}" sample="${band}" role="x">${text}</Item>`;
  test("their names are the channels', and a scale is told", async () => {
    const metadata = `<GDALMetadata>${item(0, "DESCRIPTION", "red")}${item(1, "DESCRIPTION", "nir")}${item(1, "SCALE", "0.1")}</GDALMetadata>`;
    await using source = await openTensor(write({ ...PLAIN, bands: 2, metadata }));
    expect(source.channelNames).toEqual(["red", "nir"]);
    expect(source.notes).toEqual([expect.stringContaining("scale and offset are not applied")]);
  });
  test("half of the names are none", async () => {
    const metadata = `<GDALMetadata>${item(0, "DESCRIPTION", "red")}</GDALMetadata>`;
    expect((await openTensor(write({ ...PLAIN, bands: 2, metadata }))).channelNames).toBe(undefined);
  });
});

describe("rasters and photos", () => {
  test.each<[string, Partial<TiffOptions>, string]>([
    ["geo keys", {}, "geotiff"],
    ["neither", { plain: true }, "images"],
    ["nodata", { plain: true, nodata: "0" }, "geotiff"],
    ["five bands", { plain: true, bands: 5 }, "geotiff"],
    ["floats", { plain: true, type: "f4" }, "geotiff"],
    ["signed values", { plain: true, bands: 1, type: "i2" }, "geotiff"],
    ["32 bits", { plain: true, bands: 1, type: "u4" }, "geotiff"],
    ["BigTIFF of neither", { plain: true, big: true }, "images"],
    ["BigTIFF of five bands", { plain: true, big: true, bands: 5 }, "geotiff"],
  ])("%s", async (_, form, format) => {
    await using source = await openTensor(write({ ...PLAIN, ...form, shorts: form.bands === undefined ? { 262: 2 } : {} }));
    expect(source.format).toBe(format);
  });

  test("a folder of rasters is one data set, and one of photos stays so", async () => {
    const folder = scratch.fresh("-rasters");
    mkdirSync(folder);
    for (const n of [0, 1, 2]) {
      // The second one does not say that it is a raster.
      writeFileSync(join(folder, `${n}.tif`), tiffBytes({ ...PLAIN, value: (b, y, x) => drawn(b, y, x + n), plain: n === 1 }));
    }
    await using source = await openTensor(folder);
    expect(source).toMatchObject({ format: "geotiff", shape: [3, 21, 37, 3], layout: "NHWC" });
    expect((await valuesOf(source)).values).toEqual(
      [0, 1, 2].flatMap((n) => expected({ ...PLAIN, value: (b, y, x) => drawn(b, y, x + n) })),
    );
    const photos = scratch.fresh("-photos");
    mkdirSync(photos);
    const raw = { width: 5, height: 4, channels: 3 } as const;
    writeFileSync(join(photos, "a.tif"), await sharp(Buffer.alloc(60, 7), { raw }).tiff().toBuffer());
    expect((await openTensor(photos)).format).toBe("images");
    writeFileSync(join(folder, "3.png"), "");
    await expectError(() => openTensor(folder), "data", "files of different formats", "GeoTIFF", "images");
  });

  test("pages, overviews and masks", async () => {
    expect((await openTensor(write({ ...PLAIN, pages: [1, 1] }))).shape).toEqual([1, 21, 37, 3]);
    const masked = await openTensor(write({ ...PLAIN, pages: [4] }));
    expect(masked.notes).toEqual([expect.stringContaining("has a mask, which is not applied")]);
    const two = write({ ...PLAIN, pages: [0, 1] });
    await expectError(() => openTensor(two), "usage", "the file holds 2 tensors", "page0, page1");
    expect((await valuesOf(await openTensor(two, { select: "page1" }))).values).toEqual(expected(PLAIN));
  });
});

test("what libtiff packs is read as libtiff reads it", async () => {
  const raw = { width: 50, height: 33, channels: 3 } as const;
  const pixels = Buffer.from(Array.from({ length: 50 * 33 * 3 }, (_, i) => (i * i) % 251));
  for (const compression of ["none", "lzw", "deflate", "packbits"] as const) {
    for (const tile of [false, true]) {
      for (const predictor of ["none", "horizontal"] as const) {
        const image = sharp(pixels, { raw }).tiff({ compression, tile, tileWidth: 16, tileHeight: 16, predictor });
        const folder = scratch.fresh("-libtiff");
        mkdirSync(folder);
        // A raster before it, so that this one is read as such.
        writeFileSync(join(folder, "0.tif"), tiffBytes({ ...PLAIN, width: 50, height: 33 }));
        writeFileSync(join(folder, "1.tif"), await image.toBuffer());
        const { values } = await valuesOf(await openTensor(folder, { layout: "NHWC" }));
        const own = values.slice(50 * 33 * 3);
        expect(own).toEqual(Array.from(pixels, (_, i) => pixels[(i % 1650) * 3 + Math.floor(i / 1650)]));
      }
    }
  }
});

test("what libtiff packs by Zstandard is read", async () => {
  // Made by Pillow 9.4: 64 × 96 values min(255, 3 · row + column), with the scale of a raster.
  const file = Buffer.from(
    [
      "SUkqAGABAAAotS/9AGB9CgDUEQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj9A",
      "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2BhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/gIGCg4SFhoeIiYqLjI2Oj5CRkpOU",
      "lZaXmJmam5ydnp+goaKjpKWmp6ipqqusra6vsLGys7S1tre4ubq7vL2+v8DBwsPExcbHyMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5ufo",
      "6err7O3u7/Dx8vP09fb3+Pn6+/z9/v///////////////////////////////////////z+kEejv/x3gdwMpqqqqqqqqqqqqqlRVVVVVVVVVVVWp",
      "UlVVVVVVVVVVpRomUMFUBQsAAAEDAAEAAABgAAAAAQEDAAEAAABAAAAAAgEDAAEAAAAIAAAAAwEDAAEAAABQwwAABgEDAAEAAAABAAAAEQEEAAEA",
      "AAAIAAAAFgEDAAEAAABAAAAAFwEEAAEAAABYAQAAHAEDAAEAAAABAAAADoMMAAMAAADqAQAAgoQMAAYAAAACAgAAAAAAAAAAAAAAAPA/AAAAAAAA",
      "8D8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
    ].join(""),
    "base64",
  );
  const path = join(scratch.fresh("-zstd"), "zstd.tif");
  mkdirSync(dirname(path));
  writeFileSync(path, file);
  const { values } = await valuesOf(await openTensor(path));
  expect(values).toEqual(Array.from({ length: 64 * 96 }, (_, i) => Math.min(255, 3 * Math.floor(i / 96) + (i % 96))));
});

describe("refused", () => {
  test.each<[string, Partial<TiffOptions>, string]>([
    ["an unknown compression", { shorts: { 259: 50001 } }, "compression 50001 is not read"],
    ["old JPEG", { shorts: { 259: 6 } }, "compression 6 is not read"],
    ["YCbCr", { shorts: { 262: 6 } }, "stored as YCbCr"],
    ["complex values", { bands: 1, shorts: { 339: 6 } }, "values of 8 bits"],
    ["12 bits", { bands: 1, type: "u2", shorts: { 258: 12 } }, "values of 12 bits"],
    ["big-endian differences", { type: "u2", bigEndian: true, predictor: true }, "big-endian file with a predictor"],
    ["no width", { shorts: { 256: 0 } }, "no extent"],
  ])("%s", async (_, form, part) => {
    await expectError(() => openTensor(write({ ...PLAIN, ...form })), "data", part);
  });

  test("a layout of other axes", async () => {
    await expectError(() => openTensor(write(PLAIN), { layout: "NCL" }), "usage", "a raster of 3 bands is not read as NCL");
  });

  test("truncated and damaged files", async () => {
    const bytes = tiffBytes({ ...PLAIN, rows: 4, deflate: true });
    const cut = scratch.write(".tif", bytes.subarray(0, bytes.length - 40));
    await expectError(() => openTensor(cut), "data");
    const damaged = Buffer.from(bytes);
    damaged.fill(0x55, 20, 120);
    await using source = await openTensor(scratch.write(".tif", damaged));
    await expectError(() => valuesOf(source), "data", "the block at row 0, column 0 cannot be decoded");
    const short = tiffBytes({ ...PLAIN, shorts: { 279: 100 } });
    await expectError(async () => valuesOf(await openTensor(scratch.write(".tif", short))), "data", "cannot be decoded", "100");
    const beyond = Buffer.from(tiffBytes({ ...PLAIN, rows: 21 }));
    beyond.writeUInt32LE(5_000_000, beyond.indexOf(Buffer.from([0x11, 0x01, 4, 0])) + 8);
    await expectError(async () => valuesOf(await openTensor(scratch.write(".tif", beyond))), "data", "truncated");
  });
});

test("behind HTTP blocks are asked for by their ranges, and the digest is that of the same values in .npy", async () => {
  const options: TiffOptions = { ...PLAIN, width: 200, height: 150, tile: [64, 64] };
  const bytes = tiffBytes(options);
  let served = 0;
  const server = createServer((request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const part = bytes.subarray(Number(from), Number(to) + 1);
    served += part.length;
    const range = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`;
    response.writeHead(206, { etag: '"1"', "content-range": range, "content-length": part.length });
    response.end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await using far = await open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x.tif`);
    using statistics = await computeStatistics(far);
    const npy = scratch.write(
      ".npy",
      Buffer.concat([encodeNpyHeader([1, 3, 150, 200], "uint8"), Uint8Array.from(expected(options))]),
    );
    await using near = await open(npy);
    using same = await computeStatistics(near);
    expect(statistics.digest).toBe(same.digest);
    expect(served).toBeLessThan(2 * bytes.length + 200_000);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
