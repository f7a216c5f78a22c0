import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { createInlineEngine, type Statistics, type StatisticsOptions, statisticsOf, tensorIn } from "@normstream/pipeline";
import type { DType, Layout } from "@normstream/tensor";
import { type Measurement, type MeasureOptions, measureTensor } from "../src/build/measure.js";

/** Numbers of a normal distribution from a seed (mulberry32 and Box–Muller). */
export function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** `[N, C, m]` values in that order, made one by one. */
export function planes(n: number, c: number, m: number, value: (sample: number, channel: number, position: number) => number) {
  const out = new Float32Array(n * c * m);
  for (let i = 0; i < out.length; i++) out[i] = value(Math.floor(i / (c * m)), Math.floor(i / m) % c, i % m);
  return out;
}

export interface Given {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  readonly dtype?: DType;
  readonly layout?: Layout;
}

/** Statistics with a row for each sample, unless the options say otherwise. */
export async function statisticsOfData(given: Given, options: StatisticsOptions = {}): Promise<Statistics> {
  await using engine = createInlineEngine();
  const layout = given.layout === undefined ? {} : { layout: given.layout };
  using x = tensorIn(engine, given.shape, given.dtype ?? "float32", { data: given.data, ...layout });
  return await statisticsOf(x, engine, { perInstance: true, ...options });
}

const example = (name: string) => fileURLToPath(new URL(`../../../examples/fashion-mnist/${name}`, import.meta.url));

export const FASHION_MNIST = example("t10k-images-idx3-ubyte.gz");
const FASHION_MNIST_LABELS = example("t10k-labels-idx1-ubyte.gz");

/** The 10,000 test images of Fashion-MNIST, `[10000, 28, 28]` uint8, and their classes. */
export const fashionMnist = (): { images: Uint8Array; labels: Uint8Array } => ({
  images: gunzipSync(readFileSync(FASHION_MNIST)).subarray(16),
  labels: gunzipSync(readFileSync(FASHION_MNIST_LABELS)).subarray(8),
});

/** A measurement of data in memory, as `check` and `report` make one. */
export async function measured(given: Given, options: MeasureOptions = {}): Promise<Measurement & AsyncDisposable> {
  const engine = createInlineEngine();
  const layout = given.layout === undefined ? {} : { layout: given.layout };
  const x = tensorIn(engine, given.shape, given.dtype ?? "float32", { data: given.data, ...layout });
  const made = await measureTensor(x, engine, options);
  return {
    ...made,
    [Symbol.dispose]: () => made[Symbol.dispose](),
    async [Symbol.asyncDispose]() {
      made[Symbol.dispose]();
      x[Symbol.dispose]();
      await engine[Symbol.asyncDispose]();
    },
  };
}
