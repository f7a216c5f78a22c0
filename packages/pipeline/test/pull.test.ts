import fc from "fast-check";
import { take } from "rxjs";
import { describe, expect, test } from "vitest";
import { pullInOrder } from "../src/index.js";

/** A turn of the event loop: everything that is settled has been told. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A projection whose promises are settled by hand. */
function byHand() {
  const waiting = new Map<number, { resolve: (value: string) => void; reject: (error: unknown) => void }>();
  return {
    waiting,
    project: (value: number) => new Promise<string>((resolve, reject) => void waiting.set(value, { resolve, reject })),
    async settle(value: number) {
      waiting.get(value)?.resolve(`r${value}`);
      waiting.delete(value);
      await turn();
    },
    async fail(value: number, error: unknown) {
      waiting.get(value)?.reject(error);
      waiting.delete(value);
      await turn();
    },
  };
}

/** Numbers from 0 on, and what was done with their iterator. */
function source(count: number, kind: "sync" | "async") {
  const seen = { pulled: 0, returned: 0 };
  const next = (): IteratorResult<number> =>
    seen.pulled < count ? { value: seen.pulled++, done: false } : { value: undefined, done: true };
  const end = (): IteratorResult<number> => {
    seen.returned++;
    return { value: undefined, done: true };
  };
  const iterable =
    kind === "sync"
      ? { [Symbol.iterator]: () => ({ next, return: end }) }
      : {
          [Symbol.asyncIterator]: () => ({
            next: async () => next(),
            return: async () => end(),
          }),
        };
  return { seen, iterable: iterable as Iterable<number> | AsyncIterable<number> };
}

function observe<T>(observable: ReturnType<typeof pullInOrder<number, T>>) {
  const log: (T | string)[] = [];
  const subscription = observable.subscribe({
    next: (value) => log.push(value),
    error: (error: Error) => log.push(`error ${error.message}`),
    complete: () => log.push("complete"),
  });
  return { log, subscription };
}

describe.each(["sync", "async"] as const)("from a %s source", (kind) => {
  test("emits in order, whatever settles first, and completes", async () => {
    const hand = byHand();
    const { log } = observe(pullInOrder(source(4, kind).iterable, hand.project, 3));
    await turn();
    expect([...hand.waiting.keys()]).toEqual([0, 1, 2]);
    await hand.settle(2);
    await hand.settle(1);
    expect(log).toEqual([]);
    expect([...hand.waiting.keys()]).toEqual([0]);
    await hand.settle(0);
    expect(log).toEqual(["r0", "r1", "r2"]);
    await hand.settle(3);
    expect(log).toEqual(["r0", "r1", "r2", "r3", "complete"]);
  });

  test("what waits for an earlier one counts as in flight", async () => {
    const hand = byHand();
    const { seen, iterable } = source(100, kind);
    observe(pullInOrder(iterable, hand.project, 2));
    await turn();
    await hand.settle(1);
    await turn();
    expect(seen.pulled).toBe(2);
    await hand.settle(0);
    expect(seen.pulled).toBe(4);
  });

  test("an empty source completes", async () => {
    const { log } = observe(pullInOrder(source(0, kind).iterable, byHand().project, 2));
    await turn();
    expect(log).toEqual(["complete"]);
  });

  test("unsubscribing returns the iterator, pulls no more and tells no more", async () => {
    const hand = byHand();
    const { seen, iterable } = source(100, kind);
    const { log, subscription } = observe(pullInOrder(iterable, hand.project, 3));
    await turn();
    subscription.unsubscribe();
    expect(seen.returned).toBe(1);
    await hand.settle(0);
    await hand.settle(1);
    expect(log).toEqual([]);
    expect(seen.pulled).toBe(3);
  });

  test("downstream that has enough stops the source", async () => {
    const { seen, iterable } = source(100, kind);
    const { log } = observe(pullInOrder(iterable, async (value) => value, 3).pipe(take(2)));
    for (let i = 0; i < 5; i++) await turn();
    expect(log).toEqual([0, 1, "complete"]);
    expect(seen.returned).toBe(1);
    expect(seen.pulled).toBeLessThanOrEqual(5);
  });

  test("an error of the projection ends it at once, and what comes later is dropped", async () => {
    const hand = byHand();
    const { seen, iterable } = source(100, kind);
    const { log } = observe(pullInOrder(iterable, hand.project, 3));
    await turn();
    await hand.settle(1);
    await hand.fail(2, new Error("two"));
    expect(log).toEqual(["error two"]);
    expect(seen.returned).toBe(1);
    await hand.settle(0);
    expect(log).toEqual(["error two"]);
    expect(seen.pulled).toBe(3);
  });

  test("a projection that throws instead of rejecting", async () => {
    const { log } = observe(
      pullInOrder(
        source(5, kind).iterable,
        (value): Promise<number> => {
          if (value === 1) throw new Error("thrown");
          return Promise.resolve(value);
        },
        2,
      ),
    );
    for (let i = 0; i < 3; i++) await turn();
    expect(log.at(-1)).toBe("error thrown");
  });

  test("a source that throws", async () => {
    async function* later() {
      yield 0;
      throw new Error("source");
    }
    function* now() {
      yield 0;
      throw new Error("source");
    }
    const { log } = observe(pullInOrder(kind === "sync" ? now() : later(), async (value) => value, 1));
    for (let i = 0; i < 3; i++) await turn();
    expect(log).toEqual([0, "error source"]);
  });

  test("never more in flight than allowed, in order, once each", async () => {
    const given = fc.record({
      count: fc.nat(40),
      maxInFlight: fc.integer({ min: 1, max: 6 }),
      delays: fc.array(fc.nat(3), { minLength: 1, maxLength: 40 }),
    });
    const check = fc.asyncProperty(given, async ({ count, maxInFlight, delays }) => {
      let inFlight = 0;
      let most = 0;
      const project = async (value: number) => {
        most = Math.max(most, ++inFlight);
        for (let i = 0; i < (delays[value % delays.length] as number); i++) await turn();
        inFlight--;
        return value;
      };
      const emitted: number[] = [];
      await new Promise<void>((resolve, reject) => {
        const results = pullInOrder(source(count, kind).iterable, project, maxInFlight);
        results.subscribe({ next: (value) => emitted.push(value), error: reject, complete: resolve });
      });
      expect(emitted).toEqual(Array.from({ length: count }, (_, i) => i));
      expect(most).toBeLessThanOrEqual(maxInFlight);
    });
    await fc.assert(check, { seed: 5, numRuns: 40 });
  });
});
