import { fileURLToPath } from "node:url";
import { openTensor } from "@normstream/formats";
import { createInlineEngine, tensorIn } from "@normstream/pipeline";
import { buildReport, encodeReport, type Measurement, measureTensor, type Report } from "@normstream/report";

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

/** Without what differs from run to run: goldens would. */
async function encoded(measured: Measurement, title: string): Promise<string> {
  const report = await buildReport(measured, { title, version: "0.0.0", created: new Date(0), batchSize: 32 });
  const still: Report = { ...report, lineage: { ...report.lineage, node: "v20.19.0", seconds: 0 } };
  return JSON.stringify(encodeReport(still));
}
