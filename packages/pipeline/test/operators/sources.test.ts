import { PassThrough, Readable } from "node:stream";
import { dataError, NormstreamError } from "@normstream/tensor";
import { lastValueFrom, map, type Subscription, tap, toArray } from "rxjs";
import { describe, expect, test, vi } from "vitest";
import { applyLayer, fromBytes, fromTensors, LayerNorm, type Pulled, type Tensor } from "../../src/index.js";
import { pool, table, taken } from "./frames.js";

const inUse = () => pool.heap.bytesInUse;
const shown = map(taken);
/** Turns of the event loop in which all that waits for nothing else is done. */
const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};
async function* later<T>(values: Iterable<T>) {
  for (const value of values) {
    await new Promise((resolve) => setImmediate(resolve));
    yield value;
  }
}

const webOf = <T>(values: Iterable<T>) =>
  new ReadableStream<T>({
    start(to) {
      for (const value of values) to.enqueue(value);
      to.close();
    },
  });

describe("fromTensors takes", () => {
  const tensors = () => [1, 2, 3, 4, 5].map((value) => table(1, value));
  test.each<[string, () => Pulled<Tensor>]>([
    ["an array", tensors],
    ["a set", () => new Set(tensors())],
    ["a generator", () => tensors().values()],
    ["an async generator", () => later(tensors())],
    ["a Node stream", () => Readable.from(tensors())],
    ["a Web stream", () => webOf(tensors())],
    ["a transformed Web stream", () => webOf(tensors()).pipeThrough(new TransformStream())],
  ])("%s", async (_, make) => {
    const before = inUse();
    expect(await lastValueFrom(fromTensors(make(), { maxInFlight: 2 }).pipe(shown, toArray()))).toEqual([
      "1",
      "2",
      "3",
      "4",
      "5",
    ]);
    expect(inUse()).toBe(before);
  });
});

describe("nothing is asked for beyond what is in flight", () => {
  test.each<[string, (give: () => Tensor, ended: () => void) => Pulled<Tensor>]>([
    [
      "an iterator",
      (give, ended) => ({
        [Symbol.iterator]: () => ({
          next: () => ({ done: false, value: give() }),
          return: () => {
            ended();
            return { done: true, value: undefined };
          },
        }),
      }),
    ],
    [
      "a Web stream",
      (give, ended) => new ReadableStream<Tensor>({ pull: (to) => to.enqueue(give()), cancel: ended }, { highWaterMark: 0 }),
    ],
    [
      "a Node stream",
      (give, ended) =>
        new Readable({
          objectMode: true,
          highWaterMark: 1,
          read() {
            this.push(give());
          },
          destroy(_, done) {
            ended();
            done(null);
          },
        }),
    ],
  ])("%s, which is stopped when nobody wants more", async (name, make) => {
    const before = inUse();
    let given = 0;
    const made: Tensor[] = [];
    const ended = vi.fn();
    const give = () => {
      const x = table(1, given++);
      made.push(x);
      return x;
    };
    const out: Tensor[] = [];
    const subscription = fromTensors(make(give, ended), { maxInFlight: 3 }).subscribe((x) => out.push(x));
    await settled();
    // A Node stream reads one ahead of who reads it.
    const ahead = name === "a Node stream" ? 2 : 0;
    expect(out).toHaveLength(3);
    expect(given).toBeLessThanOrEqual(3 + ahead);
    out[0]?.[Symbol.dispose]();
    await settled();
    expect(out).toHaveLength(4);
    expect(ended).not.toHaveBeenCalled();
    subscription.unsubscribe();
    await settled();
    expect(ended).toHaveBeenCalledTimes(1);
    for (const x of made) x[Symbol.dispose]();
    expect(inUse()).toBe(before);
  });
});

describe("a source that is asked and gives nothing", () => {
  const ways: readonly [string, (subscription: Subscription, stop: AbortController) => void][] = [
    ["unsubscribing", (subscription) => subscription.unsubscribe()],
    ["the signal", (_, stop) => stop.abort()],
  ];
  test.each(ways)("%s lets go of bytes that are not a tensor yet, and stops a Node stream", async (_, end) => {
    const before = inUse();
    const socket = new PassThrough();
    const stop = new AbortController();
    const errors: unknown[] = [];
    const subscription = fromBytes(socket, { pool, dtype: "float32", shape: [4, 2], signal: stop.signal }).subscribe({
      error: (error) => errors.push(error),
    });
    socket.write(new Uint8Array(20));
    await settled();
    expect(inUse()).toBeGreaterThan(before);
    end(subscription, stop);
    // At once, not when the next bytes come.
    expect(inUse()).toBe(before);
    expect(socket.destroyed).toBe(true);
    await settled();
    expect(errors.map((error) => (error as NormstreamError).kind)).toEqual(stop.signal.aborted ? ["aborted"] : []);
  });

  test.each(ways)("%s cancels a Web stream", async (_, end) => {
    const before = inUse();
    const cancelled = vi.fn();
    const web = new ReadableStream<Uint8Array>({ start: (to) => to.enqueue(new Uint8Array(20)), cancel: cancelled });
    const stop = new AbortController();
    const subscription = fromBytes(web, { pool, dtype: "float32", shape: [4, 2], signal: stop.signal }).subscribe({ error() {} });
    await settled();
    end(subscription, stop);
    expect(inUse()).toBe(before);
    await settled();
    expect(cancelled).toHaveBeenCalledTimes(1);
  });

  test("a tensor that comes when nobody wants it any more is disposed of", async () => {
    const before = inUse();
    let give = (_: Tensor) => {};
    async function* slow() {
      yield await new Promise<Tensor>((resolve) => {
        give = resolve;
      });
    }
    const subscription = fromTensors(slow()).subscribe();
    await settled();
    subscription.unsubscribe();
    give(table(1, 5));
    await settled();
    expect(inUse()).toBe(before);
  });
});

describe("bytes", () => {
  const numbers = Float32Array.from({ length: 22 }, (_, i) => i);
  const bytes = new Uint8Array(numbers.buffer);
  const cut = (size: number) =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
  const read = (source: Pulled<Uint8Array>) =>
    lastValueFrom(fromBytes(source, { pool, dtype: "float32", shape: [4, 2] }).pipe(shown, toArray()));
  const expected = ["0 1 2 3 4 5 6 7", "8 9 10 11 12 13 14 15", "16 17 18 19 20 21"];

  test.each([1, 3, 4, 32, 33, 64, 88])("cut into pieces of %i bytes", async (size) => {
    const before = inUse();
    expect(await read(cut(size))).toEqual(expected);
    expect(inUse()).toBe(before);
  });

  test.each<[string, Pulled<unknown>]>([
    ["of other typed arrays", [numbers.subarray(0, 10), numbers.subarray(10)]],
    ["of array buffers", [bytes.slice(0, 50).buffer, bytes.slice(50).buffer]],
    ["of Buffers", [Buffer.from(bytes)]],
    ["that are empty now and then", [new Uint8Array(), bytes, new Uint8Array()]],
  ])("pieces %s", async (_, source) => {
    expect(await read(source as Pulled<Uint8Array>)).toEqual(expected);
  });

  test("no bytes, no tensors; bytes that end with a tensor end there", async () => {
    expect(await read([])).toEqual([]);
    expect(await read([bytes.subarray(0, 64)])).toEqual(expected.slice(0, 2));
  });

  test("bytes that end inside a sample: says in which batch, after what was whole, and leaves nothing", async () => {
    const before = inUse();
    const seen: string[] = [];
    const stream = fromBytes([bytes.subarray(0, 43)], { pool, dtype: "float32", shape: [4, 2] }).pipe(
      shown,
      tap((values) => seen.push(values)),
    );
    await expect(lastValueFrom(stream)).rejects.toMatchObject({
      kind: "data",
      details: { batch: 1 },
      message: "batch 1: the bytes end inside a sample; expected a multiple of 8 bytes, found 3 bytes of the last one",
    });
    expect(seen).toEqual([expected[0]]);
    expect(inUse()).toBe(before);
  });
});

describe("errors of a source", () => {
  const failing = (error: unknown) => {
    async function* source() {
      yield table(1, 1);
      yield table(1, 2);
      throw error;
    }
    return lastValueFrom(fromTensors(source()).pipe(shown, toArray()));
  };
  test("its own come out as they are", async () => {
    const broken = new Error("the camera was unplugged");
    await expect(failing(broken)).rejects.toBe(broken);
  });
  test("those of Normstream say which batch", async () => {
    await expect(failing(dataError("the picture is cut", { file: "7.npy" }))).rejects.toMatchObject({
      message: "batch 2: 7.npy: the picture is cut",
      details: { batch: 2, file: "7.npy" },
    });
    const placed = dataError("of another stream", { batch: 9 });
    await expect(failing(placed)).rejects.toBe(placed);
  });
  test("a stream that somebody else reads", async () => {
    const web = webOf([table(1, 1)]);
    const reader = web.getReader();
    await expect(lastValueFrom(fromTensors(web))).rejects.toThrow("the stream is locked to another reader");
    (await reader.read()).value?.[Symbol.dispose]();
  });
  test("a tensor that its producer disposes of with using is told where it is seen, not computed on", async () => {
    const before = inUse();
    function* usingOne() {
      for (let k = 0; k < 9; k++) {
        using x = table(1, k);
        yield x;
      }
    }
    const layer = new LayerNorm(1, { pool });
    const error = await lastValueFrom(fromTensors(usingOne(), { maxInFlight: 2 }).pipe(applyLayer(layer), shown)).catch(
      (caught) => caught,
    );
    expect(error).toBeInstanceOf(NormstreamError);
    expect(error).toMatchObject({
      details: { batch: 0 },
      message: expect.stringContaining("a tensor was disposed of by who gave it to the stream"),
    });
    await settled();
    expect(inUse()).toBe(before);
  });
});
