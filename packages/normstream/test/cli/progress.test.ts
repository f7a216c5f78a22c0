import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createProgress, rateMeter } from "../../src/cli/progress.js";

describe("the rate meter", () => {
  test("tells the rate of the last seconds, and the time left at that rate", () => {
    const stateOf = rateMeter(0);
    expect(stateOf({ bytes: 0, totalBytes: 8e9 }, 0)).toMatchObject({ fraction: 0, percent: "0 %", left: "waiting" });
    expect(stateOf({ bytes: 2e9, totalBytes: 8e9 }, 1000)).toMatchObject({
      percent: "25 %",
      rate: "2.00 GB/s",
      left: "3 s left",
    });
    // Slower now: what lies back more than five seconds no longer counts.
    for (let second = 2; second <= 10; second++) stateOf({ bytes: 2e9 + (second - 1) * 1e8, totalBytes: 8e9 }, second * 1000);
    expect(stateOf({ bytes: 3e9, totalBytes: 8e9 }, 11_000)).toMatchObject({
      percent: "37 %",
      rate: "100 MB/s",
      left: "50 s left",
    });
    expect(stateOf({ bytes: 8e9, totalBytes: 8e9 }, 61_000)).toMatchObject({ percent: "100 %", left: "0 s left" });
  });

  test("an input of no bytes is done", () => {
    expect(rateMeter(0)({ bytes: 0, totalBytes: 0 }, 0)).toMatchObject({ fraction: 1, percent: "100 %" });
  });
});

describe("what is written", () => {
  let now = 0;
  beforeEach(() => {
    now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
  });
  afterEach(() => vi.restoreAllMocks());

  /** Feeds a report every tenth of a second. */
  function feed(update: ReturnType<typeof createProgress>["update"], seconds: number): void {
    for (; now < seconds * 1000; now += 100) update?.({ bytes: now * 1e6, totalBytes: 10e9 });
  }

  const stderr = (isTTY: boolean) => {
    const stream = Object.assign(new PassThrough(), { isTTY, columns: 80, cursorTo() {} });
    return stream as unknown as NodeJS.WriteStream & PassThrough;
  };

  test("a line every two seconds, where there is no terminal", () => {
    const stream = stderr(false);
    using progress = createProgress(false, stream);
    feed(progress.update, 1.9);
    expect(stream.read()).toBeNull();
    feed(progress.update, 4.5);
    expect(String(stream.read())).toBe(
      "normstream: 20 % of 10.0 GB, 1.00 GB/s, 8 s left\nnormstream: 40 % of 10.0 GB, 1.00 GB/s, 6 s left\n",
    );
  });

  test("a bar on a terminal, not before a run has taken a moment, and gone at its end", async () => {
    const stream = stderr(true);
    const progress = createProgress(false, stream);
    feed(progress.update, 0.2);
    expect(stream.read()).toBeNull();
    feed(progress.update, 1);
    await vi.dynamicImportSettled();
    feed(progress.update, 3);
    expect(String(stream.read())).toContain("10 % of 10.0 GB, 1.00 GB/s, 9 s left");
    progress[Symbol.dispose]();
    // The cursor is shown again, and the line is cleared.
    expect(String(stream.read())).toContain("\u001b[?25h");
  });

  test("nothing where it is quiet", () => expect(createProgress(true, stderr(true)).update).toBeUndefined());
});
