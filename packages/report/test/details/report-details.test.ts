import { createInlineEngine, type Tensor, tensorIn } from "@normstream/pipeline";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  buildReport,
  detailCodecs,
  detailsOf,
  encodeReport,
  measureTensor,
  type Report,
  type ReportDetails,
  withHistogram,
  withTiles,
} from "../../src/index.js";

const [SAMPLES, CHANNELS, SIDE] = [40, 6, 8];
const engine = createInlineEngine();
let x: Tensor;
let report: Report;
let details: ReportDetails;
beforeAll(async () => {
  x = tensorIn(engine, [SAMPLES, CHANNELS, SIDE, SIDE], "float32", { layout: "NCHW" });
  for (let i = 0; i < x.data.length; i++) x.data[i] = Math.sin(i * 12.9898) * ((i * 7919) % 13) + (i % 5);
  x.data[SIDE * SIDE * 3 + 1] = Number.NaN;
  using measured = await measureTensor(x, engine, { nan: "omit" });
  report = await buildReport(measured, { version: "0.0.0" });
  details = detailsOf(report) as ReportDetails;
});
afterAll(() => x[Symbol.dispose]());

const planeOf = (sample: number, channel: number): number[] =>
  Array.from(
    x.data.subarray((sample * CHANNELS + channel) * SIDE * SIDE, (sample * CHANNELS + channel + 1) * SIDE * SIDE),
  ) as number[];

test("tiles that are asked for are those that the report would hold", async () => {
  const { maps } = report;
  if ("absent" in maps) throw new Error(maps.absent);
  const samples = maps.instances.map(({ sample }) => sample);
  const asked = await details.tiles(samples, maps.channels);
  expect(asked.map(({ sample, channel }) => [sample, channel])).toEqual(
    maps.tiles.map(({ sample, channel }) => [sample, channel]),
  );
  for (const [i, { mean, std, low, high, pixels }] of asked.entries()) {
    expect(pixels).toEqual(maps.tiles[i]?.pixels);
    expect([low, high]).toEqual([maps.tiles[i]?.low, maps.tiles[i]?.high]);
    // The report's come from the table of moments: another order of sums.
    expect(mean).toBeCloseTo(maps.tiles[i]?.mean as number, 12);
    expect(std).toBeCloseTo(maps.tiles[i]?.std as number, 12);
  }
});

test("a plane's values are as they are, with their mean and std", async () => {
  const { values, mean, std, count, width } = await details.values(0, 3);
  expect(values).toEqual(Float32Array.from(planeOf(0, 3)));
  const finite = planeOf(0, 3).filter(Number.isFinite);
  const center = finite.reduce((a, b) => a + b) / finite.length;
  expect([count, width, finite.length]).toEqual([64, 8, 63]);
  expect(mean).toBeCloseTo(center, 12);
  expect(std).toBeCloseTo(Math.sqrt(finite.reduce((sum, v) => sum + (v - center) ** 2, 0) / finite.length), 12);
});

test("a channel's histograms are those that the report holds of it", async () => {
  const { histograms } = report;
  if ("absent" in histograms) throw new Error(histograms.absent);
  const asked = await details.histogram(2);
  const held = histograms.channels.find(({ channel }) => channel === 2);
  expect(asked.batch).toEqual(held?.batch);
  expect(asked.instance).toEqual(held?.instance);
  // Of the input there are as many bins as fit, not as many as fit beside the other channels'.
  expect(asked.input.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  expect(asked.input.length).toBeGreaterThanOrEqual(held?.input.length as number);
});

test("what is not there is refused in one line, and so is what is gone", async () => {
  await expect(details.tiles([SAMPLES], [0])).rejects.toThrow(`there is no sample ${SAMPLES}`);
  await expect(details.tiles([0], [-1])).rejects.toThrow("there is no channel -1");
  await expect(details.values(0.5, 0)).rejects.toThrow("there is no sample 0.5");
  await expect(details.histogram(CHANNELS)).rejects.toThrow(`there is no channel ${CHANNELS}`);
  await expect(details.tiles([...Array(20).keys()], [0, 1])).rejects.toThrow("40 tiles at once");
  const gone = tensorIn(engine, [70, 1, 4, 4], "float32", { data: Array.from({ length: 1120 }, (_, i) => i % 7) });
  using measured = await measureTensor(gone, engine);
  const stale = detailsOf(await buildReport(measured, { version: "0.0.0" }));
  gone[Symbol.dispose]();
  await expect(stale?.values(0, 0)).rejects.toThrow("after it was disposed");
});

test("a report's JSON is as it was, and holds no more than it", () => {
  expect(JSON.stringify(encodeReport(report))).not.toContain("details");
  expect(detailsOf({ ...report })).toBeUndefined();
});

test("answers come over as JSON, and what is none is refused", async () => {
  const over = <T>(codec: { encode(value: T): object; decode(json: unknown): T }, value: T): T =>
    codec.decode(JSON.parse(JSON.stringify(codec.encode(value))));
  const tiles = await details.tiles([1, 2], [3]);
  expect(over(detailCodecs.tiles, tiles).map(({ pixels }) => pixels)).toEqual(tiles.map(({ pixels }) => pixels));
  const values = await details.values(0, 3);
  expect(over(detailCodecs.values, values)).toEqual(values);
  expect(over(detailCodecs.histogram, await details.histogram(1)).channel).toBe(1);
  for (const wrong of [null, "x", { channel: -1 }, [{}], { values: "!" }]) {
    expect(() => detailCodecs.values.decode(wrong)).toThrow(/^this is no/);
    expect(() => detailCodecs.histogram.decode(wrong)).toThrow(/^this is no/);
  }
  expect(() => detailCodecs.tiles.decode([{}])).toThrow(/^this is no/);
});

test("a report is extended with what was asked for; another sample takes the place of one that chance chose", async () => {
  const { maps, histograms } = report;
  if ("absent" in maps || "absent" in histograms) throw new Error("no maps");
  const other = [...Array(SAMPLES).keys()].find((n) => !maps.instances.some(({ sample }) => sample === n)) as number;
  const extended = withTiles(report, await details.tiles([other], maps.channels)).maps;
  if ("absent" in extended) throw new Error(extended.absent);
  expect(extended.instances).toHaveLength(maps.instances.length);
  expect(extended.instances.at(-1)).toEqual({ sample: other, role: "sample" });
  expect(extended.tiles).toHaveLength(maps.tiles.length);
  expect(extended.instances.slice(0, 5)).toEqual(maps.instances.slice(0, 5));

  const channel = [...Array(CHANNELS).keys()].find((c) => !maps.channels.includes(c)) as number;
  const wider = withTiles(
    report,
    await details.tiles(
      maps.instances.map(({ sample }) => sample),
      [channel],
    ),
  ).maps;
  expect(wider).toMatchObject({ channels: [...maps.channels, channel] });
  // Tiles of another size are no tiles of this report.
  expect(
    withTiles(
      report,
      maps.tiles.slice(0, 1).map((tile) => ({ ...tile, pixels: new Uint8Array(1) })),
    ).maps,
  ).toEqual(maps);

  const counted = withHistogram(report, { ...(await details.histogram(2)), batch: new Float32Array(50) }).histograms;
  expect("absent" in counted ? [] : counted.channels.map((each) => each.channel)).toEqual([0, 1, 2, 3, 4, 5]);
});
