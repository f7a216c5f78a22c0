import { expect, test } from "vitest";
import { BatchNorm, createInlineEngine, LayerNorm, statisticsOf, type Tensor, tensorIn } from "../../src/index.js";

// What happens between a call and its answer: forward and backward are asynchronous, and a caller may do something else meanwhile.

const pool = createInlineEngine();
const table = (...values: number[]): Tensor => tensorIn(pool, [values.length, 1], "float64", { data: values });
const dispose = (...tensors: Tensor[]) => {
  for (const x of tensors) x[Symbol.dispose]();
};

test("calls run in the order in which they were made: averages are those of a loop that waits", async () => {
  const batches = Array.from({ length: 8 }, (_, k) => table(k, k * k, -k, 3));
  const waiting = new BatchNorm(1, { pool, momentum: 0.3 });
  for (const x of batches) dispose(await waiting.forward(x));
  const atOnce = new BatchNorm(1, { pool, momentum: 0.3 });
  dispose(...(await Promise.all(batches.map((x) => atOnce.forward(x)))));
  expect(atOnce.stateDict()).toEqual(waiting.stateDict());
  dispose(...batches);
});

test("a call takes mode, weight and bias of its moment; the averages are those that calls before it have left", async () => {
  using x = table(1, 3);
  const layer = new BatchNorm(1, { pool, eps: 0, momentum: 1, runningVarCorrection: 0 });
  layer.weight?.fill(2);
  const training = layer.forward(x);
  layer.weight?.fill(100);
  const inference = layer.eval().forward(x);
  layer.train();
  layer.weight?.fill(-1);
  using y = await training;
  using z = await inference;
  expect([...y.data]).toEqual([-2, 2]);
  expect([...z.data]).toEqual([-100, 100]);
  expect(layer.numBatchesTracked).toBe(1);
});

test("backward takes the weight that forward took", async () => {
  using x = table(1, 2, 6);
  using dy = table(1, 0, 0);
  const gradient = async (change: (layer: BatchNorm) => void) => {
    const layer = new BatchNorm(1, { pool });
    const y = layer.forward(x);
    change(layer);
    dispose(await y);
    const { dx } = await layer.backward(dy);
    const values = [...dx.data];
    dispose(dx);
    return values;
  };
  expect(await gradient((layer) => layer.weight?.fill(7))).toEqual(await gradient(() => {}));
});

test("backward without waiting for forward is that of this forward", async () => {
  using first = table(1, 2, 6);
  using second = table(5, 1, 1);
  using dy = table(1, 0, 0);
  const layer = new BatchNorm(1, { pool });
  dispose(await layer.forward(first));
  const y = layer.forward(second);
  const { dx } = await layer.backward(dy);
  dispose(await y);
  const alone = new BatchNorm(1, { pool });
  dispose(await alone.forward(second));
  const expected = await alone.backward(dy);
  expect(dx.data).toEqual(expected.dx.data);
  dispose(dx, expected.dx);
});

test("a call that fails or is aborted leaves the next one as it is", async () => {
  using x = table(1, 2, 6);
  using wide = tensorIn(pool, [2, 2], "float64", { data: [1, 2, 3, 4] });
  const layer = new BatchNorm(1, { pool });
  const calls = [layer.forward(wide), layer.forward(x, { signal: AbortSignal.abort() }), layer.forward(x)];
  const [refused, aborted, done] = await Promise.allSettled(calls);
  expect([refused?.status, aborted?.status, done?.status]).toEqual(["rejected", "rejected", "fulfilled"]);
  expect(layer.numBatchesTracked).toBe(1);
  if (done?.status === "fulfilled") dispose(done.value);
});

test("x that is disposed of before the answer is whole until then, and nobody else gets its memory", async () => {
  const before = pool.heap.bytesInUse;
  const values = Array.from({ length: 20_000 }, (_, i) => Math.sin(i));
  const layer = new LayerNorm(20_000, { pool });
  const make = () => tensorIn(pool, [1, 20_000], "float64", { data: values });
  const expected = await (async () => {
    using x = make();
    return await layer.forward(x);
  })();
  // The usual mistake: a promise is returned, and `using` ends first.
  const early = (() => {
    using x = make();
    return layer.forward(x);
  })();
  const others = Array.from({ length: 4 }, () =>
    tensorIn(pool, [1, 20_000], "float64", { data: new Float64Array(20_000).fill(9) }),
  );
  using y = await early;
  expect(y.data).toEqual(expected.data);
  dispose(expected, ...others);
  using dy = tensorIn(pool, [1, 20_000], "float64", { data: values });
  await expect(layer.backward(dy)).rejects.toThrow(
    "disposed of while forward ran, found dy of shape [1, 20000] (NC). Dispose of x when",
  );
  dispose(dy, y);
  expect(pool.heap.bytesInUse).toBe(before);
});

test("statistics, dy and what is written into are kept as well", async () => {
  const before = pool.heap.bytesInUse;
  const x = table(1, 2, 6);
  const statistics = statisticsOf(x, pool);
  dispose(x);
  expect(() => x.data).toThrow("used after it was disposed");
  expect((await statistics).mean[0]).toBe(3);
  (await statistics)[Symbol.dispose]();
  const [input, dy, into] = [table(1, 2, 6), table(1, 0, 0), table(0, 0, 0)];
  const layer = new BatchNorm(1, { pool });
  const y = layer.forward(input, { into });
  dispose(into);
  await y;
  dispose(await layer.forward(input));
  const gradient = layer.backward(dy);
  dispose(dy);
  const { dx } = await gradient;
  dispose(dx, input);
  expect(pool.heap.bytesInUse).toBe(before);
});
