import { NormstreamError } from "@normstream/tensor";
import { firstValueFrom, fromEvent, race, timer } from "rxjs";
import { describe, expect, test } from "vitest";
import {
  applyLayer,
  BatchNorm,
  createInlineEngine,
  type ForwardLayer,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  type Tensor,
  tensorIn,
} from "../../src/index.js";
import { play, pool, table, taken } from "./frames.js";

/** Adds 1 in place after some frames, and counts what it was asked for. */
function slowLayer(frames: number): ForwardLayer & { readonly calls: number[] } {
  const calls: number[] = [];
  return {
    calls,
    async forward(x, { into, signal }) {
      calls.push(x.data[0] as number);
      // As a pass does: it stops at once.
      if (frames > 0) await firstValueFrom(signal ? race(timer(frames), fromEvent(signal, "abort")) : timer(frames));
      if (signal?.aborted) throw new NormstreamError("aborted", "stopped");
      const y = into ?? tensorIn(pool, x.shape, "float32");
      y.data[0] = (x.data[0] as number) + 1;
      return y;
    },
  };
}

const numbers: Record<string, number> = { a: 1, b: 2, c: 3, d: 4 };
const one = (letter: string) => table(1, numbers[letter] as number);

describe("order and completion", () => {
  const run = (source: string, frames: number, unsubscribe = "") =>
    play({ source, make: one, through: applyLayer(slowLayer(frames)), show: taken, unsubscribe });

  test.each([
    ["each batch as it comes", "a-b--c|", 0, "A-B--C|", ["2", "3", "4"]],
    ["completion in the frame of the last batch", "a(b|)", 0, "A(B|)", ["2", "3"]],
    ["one at a time, those that come meanwhile wait in order", "abc|", 3, "---A--B--(C|)", ["2", "3", "4"]],
    ["completion waits for the batch that runs", "a|", 4, "----(A|)", ["2"]],
    ["nothing of nothing", "---|", 2, "---|", []],
  ])("%s", async (_, source, frames, diagram, values) => {
    expect(await run(source, frames)).toEqual({ diagram, values, error: undefined });
  });

  test("unsubscribing frees the batch that runs and those that wait, without a word", async () => {
    expect(await run("abc-----", 4, "--!")).toEqual({ diagram: "", values: [], error: undefined });
  });
});

describe("a real layer", () => {
  test("training: each batch by its own statistics, which the averages learn; the caller's gradients are not kept", async () => {
    const layer = new BatchNorm(1, { pool, momentum: 0.5, eps: 0 });
    const batches: Record<string, number[]> = { a: [1, 3], b: [10, 30] };
    const played = await play({
      source: "a--b-|",
      make: (letter) => table(1, ...(batches[letter] as number[])),
      through: applyLayer(layer),
      show: taken,
    });
    expect(played).toEqual({ diagram: "A--B-|", values: ["-1 1", "-1 1"], error: undefined });
    expect(layer.runningMean?.[0]).toBe(0.5 * (0.5 * 2) + 0.5 * 20);
    using dy = table(1, 1, 1);
    await expect(layer.backward(dy)).rejects.toThrow("without gradients");
  });

  test("inference: by the averages, which stay", async () => {
    const layer = new BatchNorm(1, { pool, eps: 0 }).eval();
    layer.loadStateDict({ ...layer.stateDict(), running_mean: [1], running_var: [4] });
    const played = await play({
      source: "ab|",
      make: (letter) => table(1, ...(letter === "a" ? [1, 3] : [5])),
      through: applyLayer(layer),
      show: taken,
    });
    expect(played).toEqual({ diagram: "AB|", values: ["0 1", "2"], error: undefined });
    expect(layer.numBatchesTracked).toBe(0);
  });

  test.each([
    ["instance norm", () => new InstanceNorm(1, { pool, eps: 0 }), "-1 1"],
    ["group norm", () => new GroupNorm(1, 1, { pool, eps: 0 }), "-1 1"],
    ["layer norm", () => new LayerNorm(2, { pool, eps: 0 }), "-1 1"],
  ])("%s", async (_, make, value) => {
    const played = await play({
      source: "a|",
      make: () => tensorIn(pool, [1, 1, 2], "float64", { data: [4, 8] }),
      through: applyLayer(make()),
      show: taken,
    });
    expect(played).toEqual({ diagram: "A|", values: [value], error: undefined });
  });

  test("integers: new tensors, which take the places of those that came", async () => {
    const kept: Tensor[] = [];
    const played = await play({
      source: "a-b-c-|",
      make: () => tensorIn(pool, [2, 1], "uint8", { data: [0, 4] }),
      through: applyLayer(new BatchNorm(1, { pool, eps: 0 }), { maxInFlight: 2 }),
      show: (y) => {
        kept.push(y);
        return `${y.dtype} ${[...y.data].join(" ")}`;
      },
      at: (frame) => {
        // The third may come because the first was given back.
        if (frame === 3 || frame === 6) for (const y of kept.splice(0)) y[Symbol.dispose]();
      },
    });
    expect(played).toEqual({ diagram: "A-B-C-|", values: Array(3).fill("float32 -1 1"), error: undefined });
  });
});

describe("errors", () => {
  test.each<[string, string, () => Tensor, Partial<NormstreamError>]>([
    ["other channels", "aax", () => table(2, 1, 2, 3, 4), { kind: "usage", message: expect.stringContaining("batch 2: ") }],
    [
      "one value a channel",
      "ax",
      () => table(1, 1),
      { kind: "data", message: expect.stringContaining("batch 1: tensor: one value") },
    ],
    [
      "another pool",
      "x",
      () => tensorIn(createInlineEngine(), [2, 1], "float64"),
      { message: expect.stringContaining("another pool") },
    ],
    [
      "what is no tensor",
      "ax",
      () => 5 as unknown as Tensor,
      { kind: "usage", message: expect.stringContaining("batch 1: what came is no tensor") },
    ],
  ])("%s: says which batch", async (_, letters, make, expected) => {
    const batch = letters.indexOf("x");
    const { diagram, error } = await play({
      source: `${letters}a|`,
      make: (letter) => (letter === "x" ? make() : table(1, 1, 2)),
      through: applyLayer(new BatchNorm(1, { pool })),
      show: taken,
    });
    expect(diagram).toBe(`${"ABCD".slice(0, batch)}#`);
    expect(error).toBeInstanceOf(NormstreamError);
    expect(error).toMatchObject({ ...expected, details: { batch } });
  });

  test("a tensor that its producer disposes of while the layer works on it is told, and its memory is nobody else's meanwhile", async () => {
    let start = 0;
    let other = 0;
    const { diagram, error } = await play({
      source: "a|",
      make: () => table(1, 7, 9),
      through: applyLayer({
        async forward(x, options) {
          start = x.storage.byteOffset;
          // What `using` in a generator does as soon as the next one is asked for.
          const result = new BatchNorm(1, { pool }).forward(x, options);
          x[Symbol.dispose]();
          using next = table(1, 0, 0);
          other = next.storage.byteOffset;
          return await result;
        },
      }),
      show: taken,
    });
    expect(other).not.toBe(start);
    expect(diagram).toBe("#");
    expect(error).toMatchObject({ kind: "usage", details: { batch: 0 }, message: expect.stringContaining("without using") });
  });

  test("the source's own error, at once", async () => {
    const broken = new Error("broken");
    const { diagram, error } = await play({
      source: "ab#",
      make: (letter) => (letter === "#" ? (broken as unknown as Tensor) : one(letter)),
      through: applyLayer(slowLayer(5)),
      show: taken,
    });
    expect({ diagram, error }).toEqual({ diagram: "--#", error: broken });
  });

  test("the signal", async () => {
    const stop = new AbortController();
    const { diagram, values, error } = await play({
      source: "abc|",
      make: one,
      through: applyLayer(slowLayer(2), { signal: stop.signal }),
      show: taken,
      at: (frame) => {
        if (frame === 3) stop.abort();
      },
    });
    expect({ diagram, values }).toEqual({ diagram: "--A#", values: ["2"] });
    expect(error).toMatchObject({ kind: "aborted" });
  });

  test.each<[string, string, number, string, number]>([
    ["waiting ones", "abc|", 9, "--#", 2],
    ["and those that are not disposed of", "a-b-c|", 0, "A-B-#", 2],
  ])("a source that does not wait overruns the bound: %s", async (_, source, frames, diagram, batch) => {
    const kept: Tensor[] = [];
    const layer = slowLayer(frames);
    const played = await play({
      source,
      make: one,
      through: applyLayer(layer, { maxInFlight: 2 }),
      show: (y) => {
        kept.push(y);
        return "kept";
      },
      at: (frame) => {
        if (frame === source.length - 1) for (const y of kept) y[Symbol.dispose]();
      },
    });
    expect(played.diagram).toBe(diagram);
    expect(played.error).toMatchObject({ kind: "usage", details: { batch } });
  });

  test("what is no layer is refused at once", () => {
    for (const layer of [undefined, null, {}, 5, { forward: 1 }]) {
      expect(() => applyLayer(layer as never)).toThrow("this is no layer");
    }
    expect(() => applyLayer(slowLayer(0), null as never)).toThrow("options are no object; expected an object, found null");
    expect(() => applyLayer(slowLayer(0), { signal: 1 as never })).toThrow("signal is no AbortSignal");
  });
});
