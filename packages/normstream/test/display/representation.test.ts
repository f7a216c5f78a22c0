import { PNG } from "pngjs";
import { describe, expect, test } from "vitest";
import { representationOf } from "../../src/display/representation.js";
import {
  advise,
  compareStatistics,
  computeStatistics,
  computeStatistics$,
  createReport,
  decodeReport,
  openTensor,
  REPORT_MIME,
  type StatisticsEvent,
  tensor,
} from "../../src/index.js";

const FASHION = new URL("../../../../examples/fashion-mnist/t10k-images-idx3-ubyte.gz", import.meta.url).pathname;
const waves = (length: number): number[] => Array.from({ length }, (_, i) => Math.sin(i * 12.9898) * ((i * 7919) % 13));

describe("a value has a form of its own", () => {
  test("plain ones are text, as the console has them", async () => {
    for (const [value, text] of [
      ["a text", "a text"],
      [7, "7"],
      [null, "null"],
      [{ a: [1, 2] }, "{ a: [ 1, 2 ] }"],
      [[1, 2], "[ 1, 2 ]"],
      [new Float64Array(2), "Float64Array(2) [ 0, 0 ]"],
      [new Map(), "Map(0) {}"],
    ] as const) {
      expect(await representationOf(value)).toEqual({ "text/plain": text });
    }
  });

  test("a report is what viewers know, a picture and text", async () => {
    using x = tensor([64, 1, 8, 8], "float32", { data: waves(64 * 64) });
    const bundle = await representationOf(await createReport(x, { title: "mine" }));
    expect(decodeReport(bundle[REPORT_MIME]).title).toBe("mine");
    expect(bundle["text/html"]).toMatch(/^<img src="data:image\/png;base64,/);
    expect(bundle["text/plain"]).toContain("mine");
  });

  test("statistics are a report of their table, or a table of moments where they kept none", async () => {
    using x = tensor([80, 2, 8, 8], "float32", { data: waves(80 * 128) });
    using kept = await computeStatistics(x, { perInstance: true });
    const report = decodeReport((await representationOf(kept))[REPORT_MIME]);
    expect(report).toMatchObject({ lineage: { digest: kept.digest }, maps: { absent: expect.any(String) } });
    // They are still the caller's.
    expect(kept.instanceNorm().moments.mean).toHaveLength(160);
    using bare = await computeStatistics(x, { keepTable: false });
    const { "text/html": html, "text/plain": text } = await representationOf(bare);
    expect(html).toContain("<table>");
    expect(text).toContain("channel  count");
  });

  test("events of a pass are the part that is read, and the statistics at the end", async () => {
    const images = await openTensor(FASHION);
    const events: StatisticsEvent[] = [];
    await computeStatistics$(images).forEach((event) => void events.push(event));
    const [first, last] = [events[0], events.at(-1)];
    expect(String((await representationOf(first))["text/plain"])).toMatch(/^\d+ % of 7\.84 MB read, estimate\n\nchannel/);
    expect(await representationOf(last)).toHaveProperty([REPORT_MIME]);
  });

  test("images are a sheet of pictures, grey or in colour", async () => {
    const images = await openTensor(FASHION);
    const { "text/html": html, "text/plain": text } = await representationOf(images);
    expect(text).toContain("[10000, 28, 28] uint8, NHW, 10000 samples, 7.84 MB\nThe first 16 samples: 0 is black, 255 is white.");
    const png = decoded(String(html));
    expect([png.width, png.height]).toEqual([8 * 58 - 2, 2 * 58 - 2]);
    // The first image's first pixels are black, and between pictures there is nothing.
    expect([...png.data.subarray(0, 4)]).toEqual([0, 0, 0, 255]);
    expect(png.data[56 * 4 + 3]).toBe(0);

    using colored = tensor([1, 3, 4, 4], "float32", { data: Array.from({ length: 48 }, (_, i) => (i < 16 ? 1 : 0)) });
    expect([...decoded(String((await representationOf(colored))["text/html"])).data.subarray(0, 4)]).toEqual([255, 0, 0, 255]);
    colored.data[16] = Number.NaN;
    expect([...decoded(String((await representationOf(colored))["text/html"])).data.subarray(0, 4)]).toEqual([255, 0, 0, 255]);
  });

  test("tensors that are no images are their first values", async () => {
    using table = tensor([4, 3], "float32", { data: [1, 2.5, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] });
    expect(await representationOf(table)).toEqual({
      "text/plain": "tensor: [4, 3] float32, NC, 4 samples, 48 bytes\nsample 0: 1, 2.5, 3",
    });
    using signal = tensor([2, 1, 100], "int16", { data: waves(200).map(Math.round) });
    expect((await representationOf(signal))["text/plain"]).toMatch(/\nsample 0, channel 0: (-?\d+, ){8}…$/);
  });

  test("pictures are pictures", async () => {
    const pixels = { width: 2, height: 1, data: Uint8ClampedArray.of(255, 0, 0, 255, 0, 0, 255, 128) };
    const form = await representationOf(pixels);
    const file = Buffer.from(String(form["image/png"]), "base64");
    expect([...PNG.sync.read(file).data]).toEqual([...pixels.data]);
    expect(await representationOf(new Uint8Array(file))).toMatchObject({ "image/png": form["image/png"] });
    expect(await representationOf({ width: 2, height: 2, data: Uint8Array.of(0, 85, 170, 255) })).toHaveProperty(["image/png"]);
    expect(await representationOf(Uint8Array.of(1, 2, 3))).toEqual({ "text/plain": "Uint8Array(3) [ 1, 2, 3 ]" });
  });

  test("lists of objects are tables, whose words are no markup", async () => {
    const rows = [
      { name: "<b>a</b>", value: 1.5 },
      { name: "c", value: 2, extra: [1] },
    ];
    expect(await representationOf(rows)).toEqual({
      "text/html":
        '<table><thead><tr><th align="left">name</th><th align="right">value</th><th align="left">extra</th></tr></thead><tbody>' +
        '<tr><td align="left">&lt;b&gt;a&lt;/b&gt;</td><td align="right">1.5</td><td align="left"></td></tr>' +
        '<tr><td align="left">c</td><td align="right">2</td><td align="left">[1]</td></tr></tbody></table>',
      "text/plain": "name      value  extra\n<b>a</b>    1.5\nc             2    [1]\n",
    });
    const long = Array.from({ length: 1000 }, (_, i) => ({ i }));
    expect((await representationOf(long))["text/plain"]).toMatch(/… 60 of 1000 rows\n$/);
  });

  test("advice and comparisons are what the commands say", async () => {
    using x = tensor([120, 1, 8, 8], "float32", { data: waves(120 * 64) });
    using statistics = await computeStatistics(x, { perInstance: true });
    expect((await representationOf(await advise(statistics)))["text/plain"]).toMatch(
      /^\S.* {2}\((sure|likely|undecided)\)\n {2}/,
    );
    const comparison = await compareStatistics(statistics, statistics);
    expect((await representationOf(comparison))["text/plain"]).toContain("no shift");
  });

  test("data by media type, and what other kernels ask for, go as they are", async () => {
    const bundle = { "text/html": "<b>x</b>", "text/plain": "x" };
    expect(await representationOf(bundle)).toEqual(bundle);
    expect(await representationOf({ [Symbol.for("Jupyter.display")]: async () => bundle })).toEqual(bundle);
  });
});

function decoded(html: string): PNG {
  const [, base64 = ""] = /src="data:image\/png;base64,([^"]+)"/.exec(html) ?? [];
  return PNG.sync.read(Buffer.from(base64, "base64"));
}
