import { createHash } from "node:crypto";
import { blockCount, COUNT, leafRow, ROW, TableBuilder, type TableShape, tableShape } from "@normstream/moments";
import { Statistics, type StatisticsFacts } from "../../src/index.js";
import { TableStore } from "../../src/table-store.js";

/** Random numbers from a seed (mulberry32), and normally distributed ones (Box and Muller). */
export function random(seed: number) {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

export interface Drawn {
  /** Values of each instance of each channel: `instances[n][c]`. */
  readonly instances: readonly (readonly ArrayLike<number>[])[];
  readonly grain?: number;
  readonly nan?: StatisticsFacts["nan"];
  readonly dtype?: StatisticsFacts["dtype"];
  readonly keepTable?: boolean;
}

/** Statistics of given values, made row by row with the reference of a leaf. Instances of one channel may differ in size. */
export function statisticsOfValues({
  instances,
  grain = 1,
  nan = "propagate",
  dtype = "float32",
  keepTable = true,
}: Drawn): Statistics {
  const [samples, channels] = [instances.length, instances[0]?.length ?? 0];
  const planeSize = instances[0]?.[0]?.length ?? 0;
  const table: TableShape = { ...tableShape(dtype, samples, channels, planeSize, { perInstance: true }), grain };
  const builder = new TableBuilder(table, () => createHash("sha256"));
  const store = keepTable ? new TableStore(channels, blockCount(table), 1e9) : null;
  for (let n = 0; n < samples; n += grain) {
    const rows = new Float64Array(channels * ROW);
    for (let c = 0; c < channels; c++) {
      const values = instances.slice(n, n + grain).flatMap((instance) => Array.from(instance[c] as ArrayLike<number>));
      leafRow(values, planeSize === 1 ? "table" : "float", rows, c * ROW + COUNT);
    }
    builder.push(rows);
    store?.push(rows);
  }
  const shape = planeSize === 1 ? [samples, channels] : [samples, channels, planeSize];
  const layout = planeSize === 1 ? "NC" : "NCL";
  const run = { engine: "inline", threads: 1, bytes: 0, resumedBytes: 0, seconds: 0 };
  const facts = { input: "drawn", shape, firstSample: 0, totalSamples: samples, dtype, layout, nan, ...run } as const;
  return new Statistics(facts, table, builder.finish(), store);
}

/** Instances of one channel with means of their own: mean + between · normal, and values about it: within · normal. */
export function drawInstances(
  { normal }: { normal: () => number },
  {
    samples,
    planeSize,
    mean = 0,
    between = 0,
    within = 1,
  }: Record<"samples" | "planeSize", number> & { mean?: number; between?: number; within?: number },
): Float64Array[][] {
  return Array.from({ length: samples }, () => {
    const own = mean + between * normal();
    return [Float64Array.from({ length: planeSize }, () => own + within * normal())];
  });
}
