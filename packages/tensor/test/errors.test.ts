import { describe, expect, test } from "vitest";
import { abortedError, dataError, fromPlainError, ioError, NormstreamError, throwIfAborted, toPlainError } from "../src/index.js";

describe("one line that says what, where and what to do", () => {
  test("all parts in order", () => {
    const error = dataError("the header is cut off", {
      file: "x.npy",
      byteOffset: 10,
      sample: 1,
      channel: 2,
      expected: "128 bytes",
      found: "90",
      hint: "Copy it again.",
    });
    expect(error.message).toBe(
      "x.npy, byte 10, sample 1, channel 2: the header is cut off; expected 128 bytes, found 90. Copy it again.",
    );
    expect(error).toMatchObject({ name: "NormstreamError", kind: "data" });
    expect(error).toBeInstanceOf(Error);
  });

  test("whatever a file holds, it stays one line", () => {
    for (const breaking of ["a\nb", "a\r\nb", "a\u2028b", "a\u0000b", "a\u001b[31mb"]) {
      const { message } = dataError(breaking, { file: breaking, found: breaking });
      const breaks = [...message].filter((character) => character < " " || character === "\u2028" || character === "\u2029");
      expect(breaks).toEqual([]);
    }
  });

  test.each([
    ["ENOENT", "no such file or folder"],
    ["EACCES", "permission denied"],
    ["ENOSPC", "no space left on the device"],
    ["EWEIRD", "EWEIRD"],
  ])("what the operating system calls %s", (code, words) => {
    const cause = Object.assign(new Error("x"), { code });
    const error = ioError("cannot read", cause, { file: "x.npy" });
    expect(error.message).toBe(`x.npy: cannot read: ${words}`);
    expect(error.cause).toBe(cause);
  });
});

describe("across a thread", () => {
  test("an error of ours arrives whole, but for its cause", () => {
    const error = dataError("bad", { file: "x.npy", channel: 3, cause: new Error("deep") });
    const again = fromPlainError(structuredClone(toPlainError(error)));
    expect(again).toBeInstanceOf(NormstreamError);
    expect(again).toMatchObject({ kind: "data", message: error.message, details: { file: "x.npy", channel: 3 } });
    expect(again.details.cause).toBeUndefined();
  });

  test.each([new TypeError("x is undefined"), "a text", undefined, { toString: () => "an object" }])(
    "anything else becomes our fault: %s",
    (thrown) => {
      const again = fromPlainError(structuredClone(toPlainError(thrown)));
      expect(again.kind).toBe("internal");
      expect(again.message).toBe(thrown instanceof Error ? thrown.message : String(thrown));
    },
  );
});

test("signals", () => {
  throwIfAborted(undefined);
  throwIfAborted(new AbortController().signal);
  const reason = new Error("enough");
  expect(() => throwIfAborted(AbortSignal.abort(reason))).toThrow(NormstreamError);
  expect(abortedError(reason)).toMatchObject({ kind: "aborted", cause: reason });
});
