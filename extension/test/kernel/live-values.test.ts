import { afterAll, beforeAll, expect, test } from "vitest";
import type { LiveName, LiveValue } from "../../src/protocol/live-values.js";
import { openSession, type Session } from "../kernel-session.js";

let session: Session;
beforeAll(async () => {
  session = openSession();
  await session.run(`import { tensor } from "normstream";
const x = tensor([2, 3], "float32", { data: [1, 2, 3, 4, 5, 6] });
let calls = 0;
const tricky = { get plain() { return 1; }, get counts() { calls++; return 2; }, "not a name": 3, deep: { inner: [1, 2] } };
class Own { field = 1; method(a: number, b = 2) { return a + b; } static make() {} }
const own = new Own();
function twice(value: number) { return 2 * value; }
const proxy = new Proxy({}, { ownKeys() { calls++; return []; }, get() { calls++; } });
const long = "x".repeat(5000);`);
});
afterAll(() => session[Symbol.dispose]());

const names = (chain: string | null) => session.kernel.ask({ kind: "names", chain }, 2000) as Promise<LiveName[]>;
const value = (chain: string) => session.kernel.ask({ kind: "value", chain }, 2000) as Promise<LiveValue | null>;

test("variables of all cells, with what they are", async () => {
  expect(await names(null)).toEqual(
    expect.arrayContaining([
      { name: "x", kind: "variable", type: "HeapTensor" },
      { name: "tensor", kind: "function", type: "function" },
      { name: "Own", kind: "class", type: "class" },
      { name: "twice", kind: "function", type: "function" },
      { name: "display", kind: "function", type: "function" },
    ]),
  );
});

test("members, own ones and those of classes, no names that cannot be typed", async () => {
  expect(await names("own")).toEqual([
    { name: "field", kind: "property", type: "number" },
    { name: "method", kind: "method", type: "function" },
  ]);
  expect((await names("tricky")).map(({ name }) => name)).toEqual(["plain", "counts", "deep"]);
  expect((await names("tricky.deep.inner")).map(({ name }) => name)).toContain("map");
  expect((await names("x")).map(({ name }) => name)).toEqual(expect.arrayContaining(["shape", "data", "layout"]));
  expect(await names("nothing.there")).toEqual([]);
});

test("values as text, cut where they are long", async () => {
  expect(await value("x.shape")).toEqual({ type: "Array(2)", text: "[ 2, 3 ]" });
  expect(await value("twice")).toEqual({ type: "function", text: "function twice(value)" });
  expect(await value("tricky.plain")).toEqual({ type: "number", text: "1" });
  expect((await value("long"))?.text.length).toBeLessThan(700);
  expect(await value("not.there")).toBeNull();
});

test("looking changes nothing", async () => {
  expect(await value("tricky.counts")).toBeNull();
  expect(await names("proxy")).toEqual([]);
  expect(await value("calls")).toEqual({ type: "number", text: "0" });
});

test("a kernel that is busy, or is not there, says so", async () => {
  const busy = session.run("const until = Date.now() + 500; while (Date.now() < until) {}");
  await expect(session.kernel.ask({ kind: "names", chain: null }, 100)).rejects.toThrow("The cell process is busy.");
  await busy;
  using none = openSession();
  await expect(none.kernel.ask({ kind: "names", chain: null }, 100)).rejects.toThrow("No cell process lives.");
});
