import { expect, test } from "vitest";
import { readCall } from "../../src/host/report-call-check.js";

const call = (path: unknown, values: readonly unknown[], rest: object = {}) => ({
  ...{ id: "1-2-3-4", type: "APPLY", path },
  argumentList: values.map((value) => ({ type: "RAW", value })),
  ...rest,
});

test("the calls of the view come through, built anew", () => {
  const message = { ...call(["tiles"], ["abc", [1, 2], [0]]), extra: "dropped" };
  expect(readCall(message)).toEqual(call(["tiles"], ["abc", [1, 2], [0]]));
  expect(readCall(call(["histogram"], ["abc", 3]))).not.toBeNull();
  expect(readCall(call(["values"], ["abc", 3, 4]))).not.toBeNull();
});

/** What scripts in an output may send, since outputs share a frame. */
test.each([
  ["nothing", undefined],
  ["a text", "tiles"],
  ["another path", call(["constructor"], ["abc", 1])],
  ["a path below a call", call(["tiles", "constructor"], ["abc", 1])],
  ["a path to a prototype", call(["__proto__"], ["abc", 1])],
  ["no path: the object itself", call([], ["abc", 1])],
  ["a path that is a text", call("tiles", ["abc", [1], [0]])],
  ["a getter", call(["tiles"], ["abc", 1], { type: "GET" })],
  ["a setter", call(["tiles"], ["abc", 1], { type: "SET" })],
  ["a constructor", call(["tiles"], ["abc", 1], { type: "CONSTRUCT" })],
  ["an endpoint", call(["tiles"], ["abc", 1], { type: "ENDPOINT" })],
  ["a release", call(["tiles"], ["abc", 1], { type: "RELEASE" })],
  ["a report that is no text", call(["histogram"], [{ toString: 1 }, 1])],
  ["a report of a megabyte", call(["histogram"], ["x".repeat(1e6), 1])],
  ["a channel that is a path", call(["histogram"], ["abc", "/etc/passwd"])],
  ["a list of texts", call(["tiles"], ["abc", ["/etc/passwd"], [0]])],
  ["a list without an end", call(["tiles"], ["abc", Array.from({ length: 1000 }, () => 1), [0]])],
  [
    "a proxy for an argument",
    { ...call(["histogram"], ["abc", 1]), argumentList: [{ type: "HANDLER", name: "proxy", value: 1 }, 1] },
  ],
  ["no arguments", { ...call(["histogram"], []), argumentList: undefined }],
  ["an id that is no text", call(["histogram"], ["abc", 1], { id: {} })],
])("%s is not let through", (_, message) => {
  expect(readCall(message)).toBeNull();
});
