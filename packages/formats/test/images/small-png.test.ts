import sharp from "sharp";
import { expect, test } from "vitest";
import { readImageHeader } from "../../src/images/image-header.js";
import { smallPng } from "../../src/images/small-png.js";

const raw = { width: 7, height: 5, channels: 3 } as const;
const pixels = Uint8Array.from({ length: 7 * 5 * 3 }, (_, i) => (i * i) % 251);
const png = (options = {}) => sharp(pixels, { raw }).png(options).toBuffer();

test.each([true, false])("values come out as they went in, adaptive filters %s", async (adaptiveFiltering) => {
  const bytes = await png({ adaptiveFiltering });
  expect(smallPng(bytes, await readImageHeader(sharp, bytes))).toEqual({ bytes: pixels, width: 7, height: 5 });
});

test("a byte that is another one, or is missing, is seen wherever it is", async () => {
  const bytes = await png();
  const header = await readImageHeader(sharp, bytes);
  for (let at = 8; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] as number) ^ 0x10;
    expect(smallPng(damaged, header), `byte ${at}`).toBeNull();
    expect(smallPng(bytes.subarray(0, at), header), `${at} bytes`).toBeNull();
  }
});

test.each([
  ["a palette", { palette: true }],
  ["interlaced lines", { progressive: true }],
])("%s is for libvips", async (_, options) => {
  const bytes = await png(options);
  expect(smallPng(bytes, await readImageHeader(sharp, bytes))).toBeNull();
});

test("a large one is for libvips", async () => {
  const bytes = await sharp({ create: { width: 129, height: 128, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  expect(smallPng(bytes, await readImageHeader(sharp, bytes))).toBeNull();
});
