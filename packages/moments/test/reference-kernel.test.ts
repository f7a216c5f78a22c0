import { expect, test } from "vitest";
import { emptyRow, Fold, leafRow, ROW, referenceKernel } from "../src/index.js";

const buffer = new ArrayBuffer(1 << 20);
const kernel = referenceKernel(buffer);
const ROWS = 0;
const SOURCE = 4096;
const TARGET = 1 << 19;

const rowAt = (index: number) => [...new Float64Array(buffer, ROWS + index * 64, ROW)];

function leaf(values: number[], rule: "float" | "table" | "integer"): number[] {
  const out = new Float64Array(ROW);
  leafRow(values, rule, out);
  return [...out];
}

test("planeRows folds the leaves of each plane", () => {
  const values = Float32Array.from({ length: 20_000 }, (_, i) => Math.sin(i) * 3 + 1);
  new Float32Array(buffer, SOURCE, 20_000).set(values);
  kernel.planeRows("float32", SOURCE, 2, 10_000, 40_000, ROWS);
  for (const plane of [0, 1]) {
    const fold = new Fold(1);
    const part = [...values.subarray(plane * 10_000, (plane + 1) * 10_000)];
    fold.push(Float64Array.from(leaf(part.slice(0, 8192), "float")));
    fold.push(Float64Array.from(leaf(part.slice(8192), "float")));
    expect(rowAt(plane)).toEqual([...fold.result()]);
  }
});

test("a plane of no values is the empty row", () => {
  const empty = new Float64Array(ROW);
  emptyRow(empty);
  kernel.planeRows("uint8", SOURCE, 1, 0, 0, ROWS);
  expect(rowAt(0)).toEqual([...empty]);
});

test("runRows, interleavedRows and tableRows gather the positions of a channel", () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 31) % 251);
  new Uint8Array(buffer, SOURCE, 300).set(bytes);
  kernel.runRows("uint8", SOURCE, 2, 3, 4, 4, 20, ROWS);
  const runs = [0, 20, 40].flatMap((run) => [...bytes.subarray(run + 4, run + 8)]);
  expect(rowAt(1)).toEqual(leaf(runs, "integer"));
  kernel.interleavedRows("uint8", SOURCE, 50, 3, 5, ROWS);
  const column = Array.from({ length: 50 }, (_, j) => bytes[j * 5 + 2] as number);
  expect(rowAt(2)).toEqual(leaf(column, "integer"));

  const floats = Float64Array.from({ length: 300 }, (_, i) => Math.cos(i) + 7);
  new Float64Array(buffer, SOURCE, 300).set(floats);
  const third = Array.from({ length: 100 }, (_, j) => floats[j * 3 + 2] as number);
  kernel.interleavedRows("float64", SOURCE, 100, 3, 24, ROWS);
  expect(rowAt(2)).toEqual(leaf(third, "float"));
  kernel.tableRows("float64", SOURCE, 100, 3, 24, ROWS);
  expect(rowAt(2)).toEqual(leaf(third, "table"));
});

test("leafRows writes a row a leaf", () => {
  new Int16Array(buffer, SOURCE, 10_000).set(Int16Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 30_011));
  const values = [...new Int16Array(buffer, SOURCE, 10_000)];
  kernel.leafRows("int16", SOURCE, 10_000, ROWS);
  expect(rowAt(0)).toEqual(leaf(values.slice(0, 8192), "integer"));
  expect(rowAt(1)).toEqual(leaf(values.slice(8192), "integer"));
});

test("normalizing applies (x − mean) · scale + shift, one affine or periodic ones", () => {
  new Float32Array(buffer, SOURCE, 6).set([1, 2, 3, 4, 5, 6]);
  kernel.normalizeRun("float32", "float64", SOURCE, TARGET, 6, { mean: 3, scale: 2, shift: 0.5 });
  expect([...new Float64Array(buffer, TARGET, 6)]).toEqual([-3.5, -1.5, 0.5, 2.5, 4.5, 6.5]);
  const prepared = TARGET + 4096;
  expect(kernel.periodicBytes(4)).toBe(96);
  kernel.preparePeriodic(Float64Array.of(0, 1, 2, 3), Float64Array.of(1, 1, 1, 10), Float64Array.of(0, 0, 5, 0), prepared);
  kernel.normalizePeriodic("float32", "float32", SOURCE, SOURCE, 6, prepared, 4);
  expect([...new Float32Array(buffer, SOURCE, 6)]).toEqual([1, 1, 6, 10, 5, 5]);
});

test("byteSwap reverses the bytes of each element", () => {
  new Uint8Array(buffer, SOURCE, 8).set([1, 2, 3, 4, 5, 6, 7, 8]);
  kernel.byteSwap(4, SOURCE, 2);
  expect([...new Uint8Array(buffer, SOURCE, 8)]).toEqual([4, 3, 2, 1, 8, 7, 6, 5]);
});
