import { expect, test } from "vitest";
import { createInlineEngine, LayerNorm, tensorIn } from "../../src/index.js";

const pool = createInlineEngine();
const x = tensorIn(pool, [2, 3, 4], "float64", { data: Float64Array.from({ length: 24 }, (_, i) => Math.sin(i) * 3 + i) });
const dy = tensorIn(pool, [2, 3, 4], "float64", { data: Float64Array.from({ length: 24 }, (_, i) => Math.cos(i * 2)) });

test("a normalized shape of several axes views x as [rows, 1, ∏ normalizedShape]", async () => {
  const layer = new LayerNorm([3, 4], { pool, eps: 0 });
  using y = await layer.forward(x);
  expect(y.shape).toEqual([2, 3, 4]);
  for (const row of [0, 12].map((start) => Array.from(y.data).slice(start, start + 12))) {
    const mean = row.reduce((a, b) => a + b, 0) / 12;
    expect(mean).toBeCloseTo(0, 12);
    expect(row.reduce((a, b) => a + (b - mean) ** 2, 0) / 12).toBeCloseTo(1, 12);
  }
});

test("rows are the same whatever the layout says: layer norm counts axes from the last one", async () => {
  const layer = new LayerNorm(4, { pool });
  using wide = tensorIn(pool, [2, 1, 3, 4], "float64", { data: x.data });
  using last = tensorIn(pool, [2, 1, 3, 4], "float64", { data: x.data, layout: "NHWC" });
  using a = await layer.forward(x);
  using b = await layer.forward(wide);
  using c = await layer.forward(last);
  expect([...b.data]).toEqual([...a.data]);
  expect([...c.data]).toEqual([...a.data]);
});

test("without a bias: as with a bias of 0, and no gradient of one", async () => {
  const [plain, none] = [new LayerNorm(4, { pool }), new LayerNorm(4, { pool, bias: false })];
  expect(none.bias).toBeNull();
  for (const layer of [plain, none]) layer.weight?.set([1, 2, 3, 4]);
  using a = await plain.forward(x);
  using b = await none.forward(x);
  expect([...b.data]).toEqual([...a.data]);
  const [expected, found] = [await plain.backward(dy), await none.backward(dy)];
  expect([...found.dx.data]).toEqual([...expected.dx.data]);
  expect(found.dweight).toEqual(expected.dweight);
  expect(expected.dbias).not.toBeNull();
  expect(found.dbias).toBeNull();
  for (const { dx } of [expected, found]) dx[Symbol.dispose]();
});
