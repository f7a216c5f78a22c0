import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { commandFolder } from "./command-line.js";
import { sampleValues, writeArchive, writeNpy, writeSample } from "./sample-files.js";

const at = commandFolder();
const FASHION = fileURLToPath(new URL("../../../../examples/fashion-mnist/t10k-images-idx3-ubyte.gz", import.meta.url));
const PIXELS = 784;

interface Document {
  readonly [key: string]: unknown;
  readonly a: { meanError: string; stdError: string };
  readonly channels: readonly {
    readonly mean: number[];
    readonly verdict: string;
    readonly meanShift: Record<string, number>;
    readonly stdShift: Record<string, number>;
  }[];
  readonly notes: readonly string[];
}
const compared = async (line: string) => (await at.json(`compare ${line}`)) as unknown as Document;

let bytes: Uint8Array;
beforeAll(() => {
  bytes = new Uint8Array(gunzipSync(readFileSync(FASHION))).subarray(16);
  writeNpy(at.path("train.npy"), [7000, 28, 28], bytes.subarray(0, 7000 * PIXELS), "uint8");
  writeNpy(at.path("test.npy"), [3000, 28, 28], bytes.subarray(7000 * PIXELS), "uint8");
  const brighter = bytes.subarray(7000 * PIXELS).map((x) => Math.min(255, x + 12));
  writeNpy(at.path("bright.npy"), [3000, 28, 28], brighter, "uint8");
  writeSample(at.path("one.npy"), [1, 3, 16, 16]);
  writeSample(at.path("rgb.npy"), [40, 3, 16, 16], 2);
  const rows = sampleValues(70_000 * 30, 3);
  writeNpy(at.path("rows.npy"), [70_000, 30], rows);
  writeNpy(
    at.path("moved.npy"),
    [70_000, 30],
    rows.map((x, i) => (i % 30 === 17 ? 1.5 * x : i % 30 === 4 ? x + 0.3 : x)),
  );
});

describe("Fashion-MNIST, 7000 images against the other 3000", () => {
  test("no shift, with the numbers of scipy.stats.ttest_ind over the images' means", async () => {
    const document = await compared("train.npy test.npy --layout NHW");
    expect(Object.keys(document).join(" ")).toBe("schema a b threshold significance verdict shifted unknown notes channels");
    expect(document).toMatchObject({ schema: "normstream/comparison/1", verdict: "none", shifted: [], unknown: [], notes: [] });
    expect(document.a).toMatchObject({ input: "train.npy", samples: 7000, meanError: "instances", stdError: "instances" });
    const shift = document.channels[0]?.meanShift;
    // scipy 1.17: statistic 0.37443257819725256, p 0.7080962688651647, df 5769.829991334264; std of numpy 2.4.
    expect(shift?.t).toBeCloseTo(0.37443257819725256, 10);
    expect(shift?.p).toBeCloseTo(0.7080962688651647, 10);
    expect(shift?.degreesOfFreedom).toBeCloseTo(5769.829991334264, 6);
    expect(shift?.effect).toBeCloseTo(0.002894850917039101, 12);
  });

  test("the same from tables, in text: the verdict first, stdout alone", async () => {
    await at.ok("stats train.npy --layout NHW -o train.npz");
    await at.ok("stats test.npy --layout NHW -o test.npz");
    const fromData = await at.ok("compare train.npy test.npy --layout NHW");
    expect(await at.ok("compare train.npz test.npz")).toBe(fromData);
    expect(await at.ok("compare train.npz test.npy --layout NHW")).toBe(fromData);
    expect(fromData).toMatch(/^no shift: what differs in 1 channel may be chance/);
    expect(fromData).toContain("from how samples differ");
  });

  test("summaries count values, and say so: the errors are far too small", async () => {
    await at.ok("stats train.npy --layout NHW -o train.json");
    await at.ok("stats test.npy --layout NHW -o test.json");
    const document = await compared("train.json test.json");
    expect(document.a).toMatchObject({ meanError: "values", stdError: "normal", digest: null });
    expect(document.notes.join()).toContain("A has no rows for its samples: its values are treated as independent");
    const [coarse, fine] = [document, await compared("train.npz test.npz")].map(({ channels }) => channels[0]?.meanShift);
    expect(fine?.shift).toBeCloseTo(coarse?.shift as number, 12);
    expect((fine?.standardError as number) / (coarse?.standardError as number)).toBeGreaterThan(8);
  });

  test("brighter images are found; --fail-on-shift makes that exit code 5, with the result on stdout all the same", async () => {
    const { code, stdout, stderr } = await at.run("compare train.npz bright.npy --layout NHW --fail-on-shift 0.1");
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr: expect.stringMatching(/^normstream: shifted: 1 of 1 channel by 0.1 std or more, [^\n]+\n$/),
    });
    expect(stdout).toMatch(/^shifted: 1 of 1 channel/);
    await at.ok("compare train.npz bright.npy --layout NHW --fail-on-shift 0.2");
    await at.ok("compare train.npz test.npz --fail-on-shift 0.0001");
    await at.ok("compare train.npz bright.npy --layout NHW");
  });
});

test("tables of single values: the channels that moved, the worst first, and 20 lines", async () => {
  const text = await at.ok("compare rows.npy moved.npy");
  expect(text).toMatch(/^shifted: 2 of 30 channels by 0.1 std or more, the most channel 17: mean \S+ std, std × 1.5\n/);
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.startsWith("channel"));
  expect(lines.slice(first + 1, first + 3).map((line) => [line.trim().split(/\s+/)[0], line.endsWith("shifted")])).toEqual([
    ["17", true],
    ["4", true],
  ]);
  expect(lines[first + 21]).toBe("… 10 more that differ less; --json gives all");
  const { a, ...document } = await compared("rows.npy moved.npy");
  expect(document).toMatchObject({ shifted: [4, 17], verdict: "shifted" });
  // 70,000 rows are 18 blocks of 4096: too few, so that each sample has rows.
  expect(a).toMatchObject({ meanError: "instances" });
});

test("a side of one sample cannot be judged, which a check does not let pass", async () => {
  const { code, stderr, stdout } = await at.run("compare one.npy rgb.npy --fail-on-shift 5");
  expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining("cannot tell: 3 of 3 channels cannot be judged") });
  expect(stdout).toContain("note: A holds one sample");
  expect(stdout).toMatch(/ \? +unknown\n/);
  const document = await compared("one.npy rgb.npy");
  expect(document.channels[0]?.meanShift).toMatchObject({ standardError: "NaN", p: "NaN" });
});

test("two tensors of one file, and a table of the same data", async () => {
  await writeArchive(at.path("split.npz"), { x_train: [50, 3, 16, 16], x_test: [40, 3, 16, 16] });
  const { a, b } = await compared("split.npz:x_train split.npz:x_test");
  expect([a, b]).toMatchObject([
    { input: "split.npz:x_train", samples: 50 },
    { input: "split.npz:x_test", samples: 40 },
  ]);
  await at.ok("stats rgb.npy -o again.npz");
  const document = await compared("rgb.npy again.npz");
  expect(document.notes[0]).toContain("The digests are equal");
  expect(document.channels.map(({ verdict }) => verdict)).toEqual(["none", "none", "none"]);
});

/** Command line, exit code, and what the one line says. */
const MISFITS: readonly (readonly [line: string, code: number, ...parts: string[]])[] = [
  ["compare rgb.npy", 2, 'missing required argument "B"'],
  ["compare rgb.npy rgb.npy rgb.npy", 2, "too many arguments"],
  ["compare rgb.npy train.npy --layout NHW", 2, "layout NHW does not fit shape"],
  ["compare rgb.npy train.npz", 2, "train.npy: other channels", "expected 3, as in rgb.npy, found 1"],
  ["compare rgb.npy none.npy", 4, "none.npy", "no such file"],
  ["compare rgb.npy other.json", 3, "other.json: holds no statistics"],
  ["compare train.npz test.npz --nan omit", 2, "--nan goes with data"],
  ["compare rgb.npy rgb.npy --fail-on-shift 0", 2, '--fail-on-shift: "0"', "a number of stds above 0"],
  ["compare rgb.npy rgb.npy -o x.json", 2, "names nothing that comparisons are drawn as; expected .svg, .png, found .json"],
];

describe("what does not fit is refused", () => {
  beforeAll(() => writeFileSync(at.path("other.json"), '{"a": 1}'));
  for (const [line, code, ...parts] of MISFITS) test(line, () => at.fails(line, code, ...parts));
});

describe("both are drawn", () => {
  test("in text: A as a band, B over it, the worst channel first, at most 80 columns", async () => {
    const text = await at.ok("compare rows.npy moved.npy");
    const lines = text.split("\n");
    const first = lines.findIndex((line) => /^channel \d+ /.test(line));
    const drawn = lines.slice(first, first + 12);
    expect(drawn.map((line) => line.split("  ")[0]?.trim())).toEqual(expect.arrayContaining(["channel 17", "channel 4"]));
    expect(drawn[0]).toMatch(/^channel 17 +├─+●─+┤$/);
    // Channel 4's mean moved to the right: the band shows on the left of it.
    expect(drawn[1]).toMatch(/^channel 4 +░+├─+●─+┤$/);
    expect(lines[first + 12]).toMatch(/^of A +−std +mean +\+std$/);
    for (const line of lines.slice(first)) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("as a picture, SVG or PNG", async () => {
    await at.ok("compare rows.npy moved.npy -o shift.svg --quiet");
    const svg = readFileSync(at.path("shift.svg"), "utf8");
    expect(svg).toMatch(/^<svg xmlns=/);
    expect(svg).toContain(">channel 17<");
    expect(svg).toContain("A: rows.npy. B: moved.npy.");
    expect(svg).toContain("6 more that differ less");
  });

  test.each([
    ["compare rows.npy moved.npy -o shift.html", "report A B -o FILE.html"],
    ["compare rows.npy moved.npy -o rows.npy", "names nothing that comparisons are drawn as"],
    ["compare rows.npy moved.npy --overwrite", "--overwrite needs -o FILE"],
  ])("%s is refused", async (line, message) => {
    const { code, stderr } = await at.run(line);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });

  test("a picture that is there is kept", async () => {
    writeFileSync(at.path("kept.svg"), "mine");
    const { code } = await at.run("compare rows.npy moved.npy -o kept.svg");
    expect({ code, kept: readFileSync(at.path("kept.svg"), "utf8") }).toEqual({ code: 2, kept: "mine" });
  });
});
