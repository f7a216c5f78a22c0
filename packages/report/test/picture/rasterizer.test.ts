import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { PNG } from "pngjs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Chart, chartMark, markText, pngFile } from "../../src/charts/index.js";
import { mark } from "../../src/charts/mark.js";
import { indexedColors } from "../../src/picture/indexed-colors.js";
import { createRasterizer, type Rasterizer } from "../../src/picture/rasterizer.js";
import { PICTURES } from "../charts/pictures.js";
import { rasterizerFiles } from "./rasterizer-files.js";

let rasterize: Rasterizer;
beforeAll(async () => {
  rasterize = await createRasterizer(rasterizerFiles);
}, 120_000);

const decoded = (png: Uint8Array): PNG => PNG.sync.read(Buffer.from(png));
const colorAt = ({ data, width }: PNG, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4),
];

const square = (x: number): Chart => ({
  ...{ width: 40, height: 20, description: "a square" },
  marks: [mark("g", { class: "bn" }, mark("rect", { class: "fill", x, y: 5, width: 10, height: 10 }))],
});

describe("a chart as a PNG picture", () => {
  test("has its size, its colours and its theme", () => {
    const light = decoded(rasterize(square(15), { scale: 2 }));
    expect({ width: light.width, height: light.height }).toEqual({ width: 80, height: 40 });
    expect(colorAt(light, 40, 20)).toEqual([0x00, 0x67, 0xb8, 255]);
    expect(colorAt(light, 5, 5)).toEqual([255, 255, 255, 255]);
    const dark = decoded(rasterize(square(15), { scale: 2, theme: "dark" }));
    expect(colorAt(dark, 40, 20)).toEqual([0x5a, 0xb0, 0xf5, 255]);
    expect(colorAt(dark, 5, 5)).toEqual([0x1b, 0x1d, 0x21, 255]);
  });

  test("writes text in our own font: letters, Greek, arrows, signs", () => {
    // Each is another shape, and none is the box of a letter that a font does not have.
    const shapes = ["A", "μ", "σ", "→", "−", "≈", "·", "√", "ρ", "↑", "±", "…"].map((letter) => {
      const chart: Chart = {
        width: 30,
        height: 30,
        description: "",
        marks: [mark("text", { x: 5, y: 22, "font-size": 20 }, letter)],
      };
      return decoded(rasterize(chart, { scale: 1 })).data.toString("base64");
    });
    expect(new Set(shapes).size).toBe(shapes.length);
    const missing: Chart = {
      width: 30,
      height: 30,
      description: "",
      marks: [mark("text", { x: 5, y: 22, "font-size": 20 }, "\u{1F995}")],
    };
    expect(shapes).not.toContain(decoded(rasterize(missing, { scale: 1 })).data.toString("base64"));
  });

  test("tiles stay sharp squares of their own colours", () => {
    const chart = PICTURES["maps-image"]?.();
    if (!chart) throw new Error("no picture of maps");
    const picture = decoded(rasterize(chart, { scale: 1 }));
    const colors = new Set<string>();
    for (let i = 0; i < picture.data.length; i += 4) colors.add(picture.data.subarray(i, i + 3).join());
    expect(colors.size).toBeLessThanOrEqual(256);
    expect(colors.size).toBeGreaterThan(60);
  });

  test.each(["noise", "cubes-batch"])("%s is its golden picture", (name) => {
    const path = fileURLToPath(new URL(`goldens/${name}.png`, import.meta.url));
    const chart = PICTURES[name]?.();
    if (!chart) throw new Error(name);
    const png = rasterize(chart, { scale: 1 });
    if (process.env.NORMSTREAM_RENEW_GOLDENS === "1") {
      mkdirSync(fileURLToPath(new URL("goldens/", import.meta.url)), { recursive: true });
      writeFileSync(path, png);
    }
    expect(existsSync(path), `${name}.png is missing: NORMSTREAM_RENEW_GOLDENS=1 makes it`).toBe(true);
    // Bytes depend on the zlib of this Node; pixels do not.
    expect(decoded(png).data.equals(decoded(readFileSync(path)).data)).toBe(true);
  });

  test("a hostile text is drawn as text", () => {
    const hostile = '</text><script>alert(1)</script><image href="http://example.com/x.png"/>';
    const chart: Chart = {
      width: 300,
      height: 30,
      description: hostile,
      marks: [mark("text", { x: 0, y: 20, "font-size": 12 }, hostile)],
    };
    expect(markText(chartMark(chart))).not.toContain("<script");
    expect(decoded(rasterize(chart, { scale: 1 })).width).toBe(300);
  });
});

describe("PNG files of our own", () => {
  test("are read by another reader as what they are", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.uint8Array({ minLength: 768, maxLength: 768 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
        (width, height, palette, stream) => {
          const pixels = Uint8Array.from({ length: width * height }, () => stream.next().value as number);
          const { data } = decoded(pngFile({ width, height, palette, hasHole: true, pixels }));
          for (const [i, pixel] of pixels.entries()) {
            expect([...data.subarray(i * 4, i * 4 + 4)]).toEqual([
              ...palette.subarray(pixel * 3, pixel * 3 + 3),
              pixel === 0 ? 0 : 255,
            ]);
          }
        },
      ),
      { seed: 3, numRuns: 50 },
    );
  });

  test("longer than a block that deflate stores", () => {
    const pixels = Uint8Array.from({ length: 300 * 300 }, (_, i) => i % 251);
    const palette = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
    const { data } = decoded(pngFile({ width: 300, height: 300, palette, hasHole: false, pixels }));
    expect(pixels.every((pixel, i) => data[i * 4] === pixel)).toBe(true);
  });
});

describe("256 colours for many", () => {
  test("few colours stay what they are", () => {
    const rgba = Uint8Array.from({ length: 4 * 600 }, (_, i) => (i % 4 === 3 ? 255 : ((i >> 2) % 3) * 80 + (i % 4)));
    const { palette, pixels } = indexedColors(rgba);
    for (const [i, pixel] of pixels.entries()) {
      expect([...palette.subarray(pixel * 3, pixel * 3 + 3)]).toEqual([...rgba.subarray(i * 4, i * 4 + 3)]);
    }
  });

  test("of many, each is near the one that stands for it", () => {
    const rgba = new Uint8Array(4 * 64 * 64);
    for (let y = 0; y < 64; y++) for (let x = 0; x < 64; x++) rgba.set([x * 4, y * 4, (x + y) * 2, 255], (y * 64 + x) * 4);
    const { palette, pixels } = indexedColors(rgba);
    expect(palette.length).toBeLessThanOrEqual(768);
    let worst = 0;
    for (const [i, pixel] of pixels.entries()) {
      for (let c = 0; c < 3; c++)
        worst = Math.max(worst, Math.abs((palette[pixel * 3 + c] as number) - (rgba[i * 4 + c] as number)));
    }
    // 256 boxes of a sheet of colours of 256 × 256: 16 × 16 each, so that the middle is 8 away, and 12 where cuts are uneven.
    expect(worst).toBeLessThanOrEqual(12);
  });
});
