import { take } from "rxjs";
import { describe, expect, test } from "vitest";
import { applyLayer, BatchNorm, shard, type Tensor, type TensorData, tensorIn } from "../../src/index.js";
import { play, pool, table, taken } from "./frames.js";

const batches: Record<string, number[]> = { a: [1, 2, 3, 4, 5], b: [6, 7] };
const make = (letter: string) => table(1, ...(batches[letter] ?? []));
const run = (source: string, samples: number, more = {}) => play({ source, make, through: shard(samples), show: taken, ...more });

test("parts of a tensor, in order and at once; the last one shorter", async () => {
  expect(await run("a-b|", 2)).toEqual({ diagram: "(ABC)-D|", values: ["1 2", "3 4", "5", "6 7"], error: undefined });
});

test("a tensor that is small enough is one part", async () => {
  expect(await run("b|", 100)).toEqual({ diagram: "A|", values: ["6 7"], error: undefined });
});

test("no samples, no parts, and nothing left", async () => {
  expect(await run("c-a|", 5)).toEqual({ diagram: "--A|", values: ["1 2 3 4 5"], error: undefined });
});

test("parts share the memory of the whole, which goes with the last of them, in whatever order", async () => {
  const parts: Tensor[] = [];
  let bytes: number[] = [];
  const before = pool.heap.bytesInUse;
  await run("a---|", 2, {
    show: (part: Tensor) => `${parts.push(part)}`,
    at: (frame: number) => {
      if (frame > 0) parts[[1, 2, 0][frame - 1] as number]?.[Symbol.dispose]();
      bytes = [...bytes, pool.heap.bytesInUse - before];
    },
  });
  const whole = bytes[0] as number;
  expect(whole).toBeGreaterThan(0);
  expect(bytes).toEqual([whole, whole, whole, 0, 0]);
});

test("back pressure: a tensor is in flight while one of its parts is", async () => {
  const parts: Tensor[] = [];
  const { diagram, error } = await run("a-b-a-b|", 2, {
    through: shard(2, { maxInFlight: 2 }),
    show: (part: Tensor) => `${parts.push(part)}`,
    at: (frame: number) => {
      // All but one part of the first: not enough. At the end all, so that nothing is left.
      if (frame === 3) for (const part of parts.slice(1)) part[Symbol.dispose]();
      if (frame === 6) for (const part of parts) part[Symbol.dispose]();
    },
  });
  expect(diagram).toBe("(ABC)-D-(EFG)-#");
  expect(error).toMatchObject({ kind: "usage", details: { batch: 3 } });
});

test("a receiver that leaves after the first part: the others are given back", async () => {
  const through = (source: Parameters<ReturnType<typeof shard>>[0]) => source.pipe(shard(2), take(1));
  expect(await play({ source: "a-|", make, through, show: taken })).toEqual({
    diagram: "(A|)",
    values: ["1 2"],
    error: undefined,
  });
});

describe("errors", () => {
  test("a part that is cut again: says which batch", async () => {
    const through = (source: Parameters<ReturnType<typeof shard>>[0]) => source.pipe(shard(2), shard(1));
    const { diagram, error } = await play({ source: "a|", make, through, show: taken });
    expect(diagram).toBe("#");
    expect(error).toMatchObject({
      kind: "usage",
      message: "batch 0: a part of a tensor cannot be cut again",
      details: { batch: 0 },
    });
  });

  test("a layer behind it counts parts as batches", async () => {
    const through = (source: Parameters<ReturnType<typeof shard>>[0]) =>
      source.pipe(shard(2), applyLayer(new BatchNorm(1, { pool, eps: 0 })));
    const { diagram, values, error } = await play({ source: "a|", make, through, show: taken });
    expect({ diagram, values }).toEqual({ diagram: "(AB#)", values: ["-1 1", "-1 1"] });
    expect(error).toMatchObject({ kind: "data", details: { batch: 2 } });
  });

  test.each([0, -1, 1.5, "2", undefined])("shards of %s samples are refused", (samples) => {
    expect(() => shard(samples as number)).toThrow(`shards of ${samples} samples`);
  });
});

test("a part can be normalized in place, and its neighbours stay", async () => {
  let view: TensorData | undefined;
  const layer = new BatchNorm(1, { pool, eps: 0 });
  let part = 0;
  const through = (source: Parameters<ReturnType<typeof shard>>[0]) => source.pipe(shard(2));
  const kept: Tensor[] = [];
  await play({
    source: "a---|",
    make: () => {
      const x = tensorIn(pool, [4, 1], "float64", { data: [1, 3, 100, 200] });
      view = x.data;
      return x;
    },
    through,
    show: (y) => `${kept.push(y)} ${part++}`,
    at: (frame) => {
      const [first] = kept;
      if (frame === 0 && first) void layer.forward(first, { into: first });
      if (frame === 2) {
        expect([...(view ?? [])]).toEqual([-1, 1, 100, 200]);
        for (const y of kept) y[Symbol.dispose]();
      }
    },
  });
  expect(kept).toHaveLength(2);
});
