import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { BatchNorm, createInlineEngine, loadTensor, type Tensor, tensorIn } from "../src/index.js";

const pool = createInlineEngine();

describe("elements that are given", () => {
  test("16-bit floats are rounded to nearest, ties to even; a Uint16Array holds their bits", async () => {
    const values = [1, -2, 0.1, 65504, 1e9, 2 ** -24, Number.NaN];
    using half = tensorIn(pool, [7, 1], "float16", { data: values });
    expect([...half.data]).toEqual([0x3c00, 0xc000, 0x2e66, 0x7bff, 0x7c00, 1, 0x7e00]);
    using bits = tensorIn(pool, [2, 1], "float16", { data: Uint16Array.of(0x3c00, 0xc000) });
    expect([...bits.data]).toEqual([0x3c00, 0xc000]);
    using brain = tensorIn(pool, [2, 1], "bfloat16", { data: Float32Array.of(1, 1 + 2 ** -8) });
    expect([...brain.data]).toEqual([0x3f80, 0x3f80]);
    // What a layer makes of it is what it makes of the numbers.
    using x = tensorIn(pool, [4, 1], "float16", { data: [1, 2, 3, 4] });
    using y = await new BatchNorm(1, { pool, eps: 0 }).forward(x);
    expect(y.data[0]).toBeCloseTo(-1.5 / Math.sqrt(1.25), 6);
  });

  test("other dtypes take what a typed array takes", () => {
    using x = tensorIn(pool, [3, 1], "uint8", { data: new Float64Array([1, 2, 255]) });
    expect([...x.data]).toEqual([1, 2, 255]);
  });
});

test("a console shows shape, dtype, layout and the first values", () => {
  const x = tensorIn(pool, [2, 2], "float16", { data: [1, 2.5, -3, Number.NaN] });
  expect(inspect(x)).toBe("Tensor [2, 2] float16 NC: 1 2.5 -3 NaN");
  using long = tensorIn(pool, [20, 1], "int16", { data: Int16Array.from({ length: 20 }, (_, i) => i) });
  expect(inspect(long)).toBe("Tensor [20, 1] int16 NC: 0 1 2 3 4 5 6 7 8 9 10 11 … (20 in all)");
  x[Symbol.dispose]();
  expect(inspect(x)).toBe("Tensor [2, 2] float16 NC: disposed");
  // A layer is its options, parameters and averages, not the memory behind them.
  expect(inspect(new BatchNorm(2, { pool }))).not.toMatch(/heap|Memory/i);
});

test("loadTensor copies a tensor, also into another pool", async () => {
  const other = createInlineEngine();
  using padding = tensorIn(other, [1, 1], "uint8");
  using x = tensorIn(pool, [2, 2], "float64", { data: [1, 2, 3, 4] });
  using moved = await loadTensor(x, other);
  using copy = await loadTensor(x, pool);
  expect([...moved.data]).toEqual([1, 2, 3, 4]);
  x.data[0] = 9;
  expect([...copy.data]).toEqual([1, 2, 3, 4]);
  using y = await new BatchNorm(2, { pool: other, eps: 0 }).forward(moved);
  expect([...y.data]).toEqual([-1, -1, 1, 1]);
  expect(padding.byteLength).toBe(1);
});

test("dispose gives memory back once; what is used after it says its shape", () => {
  const before = pool.heap.bytesInUse;
  const x: Tensor = tensorIn(pool, [3, 2], "int8");
  x[Symbol.dispose]();
  x[Symbol.dispose]();
  expect(pool.heap.bytesInUse).toBe(before);
  expect(() => x.data).toThrow("a tensor of shape [3, 2] is used after it was disposed");
  expect(() => x.storage).toThrow("a tensor of shape [3, 2] is used after it was disposed");
});
