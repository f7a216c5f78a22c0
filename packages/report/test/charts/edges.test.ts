import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Chart,
  channelLayout,
  channelsChart,
  chartFile,
  convergenceChart,
  cubesChart,
  gapChart,
  histogramsChart,
  instancesChart,
  mapsChart,
  medianStd,
  noiseChart,
  sparkline,
  tileColors,
  timelineChart,
} from "../../src/charts/index.js";
import { CHANNEL_FLAGS, type ChannelColumns, type MapTile } from "../../src/report.js";
import { fashion, images, layer, wide } from "./pictures.js";
import { textBoxes } from "./text-boxes.js";

const size = { width: 480, height: 320 };
const words = (chart: Chart): string =>
  textBoxes(chart)
    .map(({ text }) => text)
    .join(" ");
const isSound = (chart: Chart): void => {
  expect(/ (d|x|y|cx|cy|r|width|height|points)="[^"]*(NaN|Infinity|undefined)/.test(chartFile(chart, "light"))).toBe(false);
};

/** Columns of channels given by mean, std, minimum and maximum. */
function columnsOf(rows: readonly (readonly [number, number, number, number, number?])[]): ChannelColumns {
  const column = (at: 0 | 1 | 2 | 3): Float32Array => Float32Array.from(rows, (row) => row[at]);
  const same = (value: number): Float32Array => Float32Array.from(rows, () => value);
  return {
    index: Uint32Array.from(rows, (_, place) => place),
    mean: column(0),
    std: column(1),
    min: column(2),
    max: column(3),
    instanceStd: same(0.9),
    between: same(0.1),
    varianceSpread: same(0.1),
    meanFourth: same(0.1),
    meanVarianceCorrelation: same(0),
    flags: Uint8Array.from(rows, (row) => row[4] ?? 0),
  };
}

describe("what is not there is said", () => {
  test("no samples: one sentence in the place of the cubes", () => {
    expect(words(cubesChart({ ...wide, samples: 0 }, size))).toBe("No samples: there is nothing to normalize.");
  });

  test("no channels: one sentence", () => {
    expect(words(channelsChart(columnsOf([]), size))).toBe("No channels: there is nothing to show.");
  });

  const absent = { absent: "One sample: batches cannot be compared." };
  test.each([
    ["noise", noiseChart(absent, size)],
    ["gap", gapChart(absent, size)],
    ["instances", instancesChart(absent, size)],
    ["histograms", histogramsChart(absent, size, { mean: 0, std: 1 })],
    ["maps", mapsChart(absent, size)],
    ["timeline", timelineChart(absent, size)],
    ["convergence", convergenceChart(absent, size)],
  ])("%s says why it is empty, at its own size", (_, chart) => {
    expect(words(chart)).toBe(absent.absent);
    expect([chart.width, chart.height]).toEqual([size.width, size.height]);
  });

  test("empty columns of a curve are a sentence too", () => {
    const none = new Float32Array(0);
    const points = { batchSizes: new Uint32Array(0), j: none };
    const noise = {
      ...images.noise,
      batchSizes: new Uint32Array(0),
      median: none,
      p10: none,
      p90: none,
      simulated: points,
      consecutive: points,
    };
    expect(words(noiseChart(noise, size, { batchSize: 32 }))).toContain("No channel varies");
    expect(words(gapChart({ ...images.gap, batches: none, total: none, mean: none, scale: none }, size))).toContain(
      "No channel varies",
    );
    expect(words(timelineChart({ shards: 0, thread: new Uint8Array(0), startMs: none, endMs: none }, size))).toBe(
      "No shard was worked on.",
    );
    expect(words(convergenceChart({ samples: none, channels: [] }, size))).toContain("No mean to follow");
    expect(sparkline(none, { width: 80, height: 20 }).marks).toEqual([]);
  });
});

describe("one of a thing", () => {
  test("one sample, one channel", () => {
    const chart = cubesChart({ ...fashion, samples: 1 }, { width: 700, height: 440 });
    expect(words(chart)).toContain("1 mean, of N·H·W = 784 values.");
    isSound(chart);
  });

  test("one channel is a card with its figures", () => {
    const text = words(channelsChart(columnsOf([[73.146, 89.873, 0, 255]]), size));
    expect(text).toContain("73.15");
    expect(text).toContain("89.87");
    expect(text).toContain("80.89 mean instance std");
  });

  test("one value in a sample's channel: instance norm is undefined", () => {
    const text = words(
      cubesChart({ samples: 24, channels: 3, planeValues: 1, planeAxes: "", groups: 3 }, { width: 700, height: 440 }),
    );
    expect(text).toContain("undefined.");
    expect(text).toContain("3 means, each of N = 24 values.");
  });

  test("unequal planes are counted with ≈", () => {
    expect(words(cubesChart({ ...wide, planeValues: 784.4, isUneven: true }, { width: 700, height: 440 }))).toContain(
      "H·W ≈ 784",
    );
  });
});

describe("what does not vary or is not finite", () => {
  const { constant, notFinite, empty } = CHANNEL_FLAGS;
  const broken = columnsOf([
    [1, 1, -2, 4],
    [3, 0, 3, 3, constant],
    [Number.NaN, Number.NaN, Number.NaN, Number.NaN, notFinite | empty],
    [0.5, 2, -5, 6, notFinite],
  ]);

  test("constant channels are kept out of the median", () => {
    expect(medianStd(broken)).toBe(1.5);
    expect(medianStd(columnsOf([[3, 0, 3, 3, constant]]))).toBe(null);
  });

  test("a channel with NaN is hatched and flagged", () => {
    const chart = channelsChart(broken, size);
    isSound(chart);
    expect(chartFile(chart, "light")).toMatch(/class="warning"><path class="hatch" d="M/);
    expect(textBoxes(chart).filter(({ text }) => text === "!" || text === "∅").length).toBeGreaterThan(1);
  });

  test("only NaN, in one channel and in three", () => {
    const nan = [Number.NaN, Number.NaN, Number.NaN, Number.NaN, empty] as const;
    for (const columns of [columnsOf([nan]), columnsOf([nan, nan, nan])]) {
      const chart = channelsChart(columns, size);
      expect(chart.marks.length).toBeGreaterThan(2);
      isSound(chart);
    }
  });

  test("σ = 0: the histogram says that no norm can scale it", () => {
    expect(words(histogramsChart(images.histograms, size, { channel: 0, mean: 3, std: 0 }))).toContain("every value is 3");
    expect(words(histogramsChart(images.histograms, size, { channel: 0, mean: Number.NaN, std: Number.NaN }))).toContain(
      "no finite values",
    );
    expect(words(histogramsChart(images.histograms, size, { channel: 9, mean: 0, std: 1 }))).toContain(
      "No histogram of channel 9",
    );
  });

  test("any columns give a sound picture", () => {
    const value = fc.oneof(fc.float(), fc.constantFrom(0, -0, 3.4e38, -3.4e38, 1e-38, Number.NaN, Number.POSITIVE_INFINITY));
    const row = fc.tuple(value, value, value, value, fc.integer({ min: 0, max: 31 }));
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 40 }),
        fc.constantFrom("index", "std", "flags" as const),
        (rows, order) => {
          const svg = chartFile(channelsChart(columnsOf(rows), size, { order, channel: 1 }), "light");
          expect(svg).not.toMatch(/d="[^"]*(NaN|Infinity)|"NaN"|undefined/);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("many channels", () => {
  test("are at most 1,600 columns", () => {
    const rows = Array.from({ length: 4096 }, (_, place) => [Math.sin(place), 1, -3, 3] as const);
    const svg = chartFile(channelsChart(columnsOf(rows), { width: 4000, height: 360 }), "light");
    const longest = Math.max(...[...svg.matchAll(/ d="([^"]*)"/g)].map(([, d = ""]) => (d.match(/[ML]/g) ?? []).length));
    expect(longest).toBeLessThanOrEqual(3200);
  });

  test("the envelope holds each channel's μ ± σ", () => {
    const columns = columnsOf(Array.from({ length: 3000 }, (_, place) => [place === 1234 ? 50 : 0, 1, -3, 60] as const));
    const layout = channelLayout(columns, size, {});
    expect(layout.isEnvelope).toBe(true);
    expect(Math.max(...layout.columns.map(({ high }) => high))).toBe(51);
    expect(Math.max(...layout.columns.map(({ mean }) => mean))).toBe(0);
    expect(layout.columns.map(({ from, to }) => to - from).reduce((sum, count) => sum + count)).toBe(3000);
    expect(words(channelsChart(columns, size))).toContain("envelope of μ ± σ");
  });

  test("means far apart are drawn on an asinh scale, and it is said", () => {
    const rows = [[0, 1, -3, 3] as const, [51, 1, 48, 54] as const, [0, 1, -3, 3] as const];
    expect(words(channelsChart(columnsOf(rows), size))).toContain("asinh scale");
    expect(
      words(
        channelsChart(
          columnsOf([
            [0, 1, -3, 3],
            [49, 1, 46, 52],
          ]),
          size,
        ),
      ),
    ).not.toContain("asinh");
  });
});

describe("tiles", () => {
  const tile: MapTile = { sample: 0, channel: 0, mean: 10, std: 5, low: 0, high: 20, pixels: Uint8Array.of(0, 1, 255, 128) };

  test("input is grey, and a place without a value is clear", () => {
    expect([...tileColors(tile, { kind: "input", low: 0, high: 20 })]).toEqual([
      0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 128, 128, 128, 255,
    ]);
  });

  test("normalized values are cividis over ±3 σ, the mean in its middle", () => {
    const colors = tileColors(tile, { kind: "z", mean: 10, std: 20 / 6 });
    expect([...colors.slice(4, 7)]).toEqual([0x00, 0x22, 0x4e]);
    expect([...colors.slice(8, 11)]).toEqual([0xfe, 0xe8, 0x38]);
    expect(tileColors(tile, { kind: "z", mean: 10, std: 0 })[7]).toBe(255);
  });

  test("only pictures that are written out are shown", () => {
    const svg = (href: string): string => chartFile(mapsChart(images.maps, size, { image: () => href }), "light");
    expect(svg("https://example.org/x.png")).not.toContain("<image");
    expect(svg("data:image/svg+xml,<svg/>")).not.toContain("<image");
    expect(svg("data:image/png;base64,AAAA")).toContain("<image");
  });
});

test("the selected channel that the order moved is framed where it stands", () => {
  const at = (order: "index" | "std"): string =>
    chartFile(channelsChart(layer.columns, { width: 900, height: 360 }, { channel: 12, order }), "light");
  expect(at("index")).not.toBe(at("std"));
});
