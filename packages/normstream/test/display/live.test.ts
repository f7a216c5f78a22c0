import { concat, EMPTY, interval, NEVER, of, Subject, take, throwError, timer } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { showLive } from "../../src/display/live.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Notes what is shown, and when, ms. */
function recorder(tookMs = 0) {
  const shown: [number, unknown][] = [];
  const started = performance.now();
  return {
    shown,
    show: async (value: unknown) => {
      shown.push([Math.round(performance.now() - started), value]);
      if (tookMs > 0) await new Promise((resolve) => setTimeout(resolve, tookMs));
    },
  };
}

test("the first state at once, then the newest four times a second, the last for certain", async () => {
  const { shown, show } = recorder();
  const done = showLive(interval(10).pipe(take(100)), show, undefined);
  await vi.runAllTimersAsync();
  await done;
  expect(shown.map(([at]) => at)).toEqual([10, 260, 510, 760, 1000]);
  expect(shown.at(-1)?.[1]).toBe(99);
});

test("states that come within an instant are shown once, the last of them", async () => {
  const { shown, show } = recorder();
  const done = showLive(concat(of(1, 2, 3), timer(5)), show, undefined);
  await vi.runAllTimersAsync();
  await done;
  expect(shown.map(([, value]) => value)).toEqual([1, 0]);
});

test("a slow reader is never given two at once", async () => {
  const { shown, show } = recorder(400);
  const done = showLive(interval(100).pipe(take(12)), show, undefined);
  await vi.runAllTimersAsync();
  await done;
  expect(shown.map(([at]) => at)).toEqual([100, 500, 900, 1300]);
  expect(shown.at(-1)?.[1]).toBe(11);
});

test("nothing is shown of nothing", async () => {
  const { shown, show } = recorder();
  await showLive(EMPTY, show, undefined);
  expect(shown).toEqual([]);
});

test("errors end it: the source's, and those of showing", async () => {
  const { show } = recorder();
  await expect(
    showLive(
      concat(
        of(1),
        throwError(() => new Error("source")),
      ),
      show,
      undefined,
    ),
  ).rejects.toThrow("source");
  const subject = new Subject();
  const failing = showLive(subject, () => Promise.reject(new Error("show")), undefined);
  subject.next(1);
  await expect(failing).rejects.toThrow("show");
  expect(subject.observed).toBe(false);
});

test("the signal unsubscribes, also one that was given before", async () => {
  const subject = new Subject();
  const stop = new AbortController();
  const live = showLive(subject, recorder().show, stop.signal);
  expect(subject.observed).toBe(true);
  stop.abort(new Error("why"));
  await expect(live).rejects.toMatchObject({ kind: "aborted", cause: new Error("why") });
  expect(subject.observed).toBe(false);
  await expect(showLive(NEVER, recorder().show, stop.signal)).rejects.toMatchObject({ kind: "aborted" });
});
