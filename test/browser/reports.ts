import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { openTensor } from "@normstream/formats";
import { createInlineEngine, tensorIn } from "@normstream/pipeline";
import {
  buildReport,
  encodeReport,
  LiveScan,
  liveReport,
  type Measurement,
  measureTensor,
  type Report,
  type Timeline,
} from "@normstream/report";
import type { Layout } from "@normstream/tensor";

const FASHION = fileURLToPath(new URL("../../examples/fashion-mnist/t10k-images-idx3-ubyte.gz", import.meta.url));

/** The report of real data as JSON: 10,000 images of clothes. */
export async function fashionReport(): Promise<string> {
  const source = await openTensor(FASHION);
  using measured = await measureTensor(source, createInlineEngine(), { batchSize: 32 });
  return await encoded(measured, "Fashion-MNIST, test set");
}

/** Of planted data: channels of all means and stds, one constant in 17 and one with a NaN in 23. `[64, C, 4, 4]` */
export async function wideReport(channels: number): Promise<string> {
  const engine = createInlineEngine();
  const [samples, plane] = [64, 16];
  using x = tensorIn(engine, [samples, channels, 4, 4], "float32", { layout: "NCHW" });
  const { data } = x;
  for (let i = 0; i < data.length; i++) {
    const c = Math.floor(i / plane) % channels;
    const n = Math.floor(i / (plane * channels));
    const spread = 1 + ((c * 7919) % 13) / 4;
    const constant = c % 17 === 5;
    data[i] = constant ? 3 : Math.sin(i * 12.9898) * spread + Math.cos(n * 3.7 + c) * spread * 0.4 + ((c * 31) % 11) - 5;
    if (c % 23 === 3 && i % 4001 === 7) data[i] = Number.NaN;
  }
  using measured = await measureTensor(x, engine, { batchSize: 32, nan: "omit" });
  return await encoded(measured, `${channels} planted channels`);
}

const options = { version: "0.0.0", created: new Date(0), batchSize: 32 };

/** Without what differs from run to run: goldens would. */
async function encoded(measured: Measurement, title: string, baseline?: Measurement): Promise<string> {
  return JSON.stringify(encodeReport(still(await buildReport(measured, { ...options, title, baseline }))));
}

/** Eight shards on two threads, one after the other. */
const TIMELINE: Timeline = {
  shards: 8,
  thread: Uint8Array.from({ length: 8 }, (_, i) => i % 2),
  startMs: Float32Array.from({ length: 8 }, (_, i) => Math.floor(i / 2) * 10 + (i % 2)),
  endMs: Float32Array.from({ length: 8 }, (_, i) => Math.floor(i / 2) * 10 + (i % 2) + 9),
};

const still = (report: Report): Report => ({
  ...report,
  lineage: { ...report.lineage, input: basename(report.lineage.input), node: "v20.19.0", seconds: 0 },
  timeline: "absent" in report.timeline ? report.timeline : TIMELINE,
});

interface Given {
  readonly shape: readonly number[];
  readonly layout: Layout;
  /** By sample, channel and position in the plane. */
  readonly value: (sample: number, channel: number, position: number) => number;
}

/** The report of values by a formula, with ghost marks of another one where one is given. */
export async function reportOf(title: string, given: Given, other?: Given): Promise<string> {
  const engine = createInlineEngine();
  const filled = ({ shape, layout, value }: Given) => {
    const x = tensorIn(engine, shape, "float32", { layout });
    const [, channels = 1, ...plane] = shape;
    const size = plane.reduce((a, b) => a * b, 1);
    for (let i = 0; i < x.data.length; i++)
      x.data[i] = value(Math.floor(i / (channels * size)), Math.floor(i / size) % channels, i % size);
    return x;
  };
  using x = filled(given);
  using measured = await measureTensor(x, engine, { batchSize: 32, nan: "omit" });
  if (!other) return await encoded(measured, title);
  using y = filled(other);
  using baseline = await measureTensor(y, engine, { batchSize: 32 });
  return await encoded(measured, title, baseline);
}

/** Reports after more and more samples of the same data, and at last the whole one. */
export async function liveReports(parts: readonly number[]): Promise<string[]> {
  const engine = createInlineEngine();
  const given = { ...WAVES(0.4), shape: [400, 8, 6, 6] };
  using x = tensorIn(engine, given.shape, "float32", { layout: given.layout });
  for (let i = 0; i < x.data.length; i++) x.data[i] = given.value(Math.floor(i / 288), Math.floor(i / 36) % 8, i % 36);
  using measured = await measureTensor(x, engine, { batchSize: 32 });
  const { statistics } = measured;
  const scan = new LiveScan(statistics.table);
  let read = 0;
  const live = parts.map((samples) => {
    scan.push(statistics.rows(read, samples));
    read = samples;
    const found = scan.soFar();
    if (!found) throw new Error("nothing was read");
    const run = { facts: statistics.facts, table: statistics.table, fraction: samples / 400, seconds: 1 };
    return JSON.stringify(encodeReport(still(liveReport(found, run, { ...options, title: "A run" }))));
  });
  return [...live, await encoded(measured, "A run")];
}

/** Planes whose brightness and contrast differ by sample: by how much, says `style`. */
export const WAVES = (style: number): Given => ({
  shape: [200, 8, 6, 6],
  layout: "NCHW",
  value: (n, c, i) => {
    const shift = Math.sin(n * 7.31 + c) * style * (1 + c / 4);
    const contrast = Math.exp(Math.cos(n * 3.17 + c) * style);
    return c - 3 + shift + contrast * Math.sin((n * 31 + c * 17 + i * 12.9898) * 43.7);
  },
});
