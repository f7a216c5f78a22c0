import { expect } from "vitest";

const KEYS =
  "schema input shape dtype layout norm samples count mean m2 variance std meanInstanceStd min max nan posInf negInf digest engine threads bytes resumedBytes seconds";
const ARRAYS = ["count", "mean", "m2", "variance", "std", "min", "max", "nan", "posInf", "negInf"];

/** The document `normstream/statistics/1`. */
export type StatisticsDocument = Readonly<Record<string, unknown>> & {
  readonly shape: readonly number[];
  readonly digest: string | null;
  readonly samples: number;
};

const isNumber = (value: unknown): boolean =>
  (typeof value === "number" && Number.isFinite(value)) || value === "NaN" || value === "Infinity" || value === "-Infinity";

const shapeOf = (value: unknown): number[] => (Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : []);

/** Holds a document against every word of the schema: keys in their order, types, shapes, and what follows from what. */
export function checkStatistics(document: unknown, arrays: readonly number[], channels: number): StatisticsDocument {
  const d = document as StatisticsDocument & Record<string, unknown>;
  expect(Object.keys(d).join(" ")).toBe(KEYS);
  expect(d).toMatchObject({ schema: "normstream/statistics/1", resumedBytes: 0 });
  for (const key of ["input", "dtype", "layout", "norm", "engine"]) expect([key, typeof d[key]]).toEqual([key, "string"]);
  for (const key of ["samples", "threads", "bytes", "seconds"]) expect([key, Number.isFinite(d[key])]).toEqual([key, true]);
  expect(["batch", "instance", "group", "layer"]).toContain(d.norm);
  expect(["inline", "threads"]).toContain(d.engine);
  if (d.digest !== null) expect(d.digest).toMatch(/^[0-9a-f]{64}$/);
  for (const key of ARRAYS) {
    expect([key, shapeOf(d[key])]).toEqual([key, arrays]);
    const flat = (d[key] as unknown[]).flat();
    expect([key, flat.length]).toEqual([key, arrays.reduce((a, b) => a * b, 1)]);
    expect(flat.filter((value) => !isNumber(value))).toEqual([]);
  }
  if (d.meanInstanceStd !== null) {
    expect(shapeOf(d.meanInstanceStd)).toEqual([channels]);
    expect((d.meanInstanceStd as unknown[]).every(isNumber)).toBe(true);
  }
  const numbers = (key: string) => (d[key] as unknown[]).flat().map(Number);
  const [count, m2, variance, std] = ["count", "m2", "variance", "std"].map(numbers) as [number[], number[], number[], number[]];
  expect(variance).toEqual(m2.map((value, i) => value / (count[i] as number)));
  expect(std).toEqual(variance.map(Math.sqrt));
  return d;
}
