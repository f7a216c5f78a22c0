import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CellSyntaxError } from "../../src/kernel/cell-syntax-error.js";
import { transpile } from "../../src/kernel/transpile.js";

const script = (code: string, hasUsing = true, language: "typescript" | "javascript" = "typescript") =>
  transpile({ code, language }, { hasUsing }).replace(/^"use strict";void 0;/, "");

/** A cell and the script that it becomes. */
const CASES: readonly (readonly [string, string])[] = [
  ["const a: number = 1;", "let a = 1;"],
  ['import "side";', 'await __normstream.import("side", undefined, []);'],
  ['import a from "m";', 'let { "default": a } = await __normstream.import("m", undefined, ["default"]);'],
  ['import { a, b as c } from "m";', 'let { "a": a, "b": c } = await __normstream.import("m", undefined, ["a","b"]);'],
  ['import * as m from "m";', 'let m = await __normstream.import("m", undefined, []);'],
  ['import d, * as m from "m";', 'let m = await __normstream.import("m", undefined, ["default"]); let { "default": d } = m;'],
  ['import { "a-b" as c } from "m";', 'let { "a-b": c } = await __normstream.import("m", undefined, ["a-b"]);'],
  ['import type { T } from "m";', ""],
  ['import { a, type T } from "m";', 'let { "a": a } = await __normstream.import("m", undefined, ["a"]);'],
  [
    'import j from "./j.json" with { type: "json" };',
    'let { "default": j } = await __normstream.import("./j.json", { with: { "type": "json" } }, ["default"]);',
  ],
  ['const m = await import("m");', 'let m = await __normstream.until( __normstream.importLater("m"));'],
  ["import.meta.url", "__normstream.meta.url"],
  ["await (a, b)", "await __normstream.until( (a, b))"],
  ["await await a", "await __normstream.until( await __normstream.until( a))"],
  ["async () => { await a; }", "async () => { await __normstream.until( a); }"],
  ["for await (const x of f()) g(x);", "for await (const x of __normstream.each(f())) g(x);"],
  ["for await (const x of (a, b)) g(x);", "for await (const x of __normstream.each((a, b))) g(x);"],
  ["export const a = 1;", "let a = 1;"],
  ["export default f(1);", "f(1);"],
  ["export default class {}", "void class {}"],
  ["export function f(): void {}", 'let f = __normstream.named(f__normstream, "f");function f__normstream() {}'],
  ["async function f() {} f();", 'let f = __normstream.named(f__normstream, "f");async function f__normstream() {} f();'],
  ["var a = 1, b;", "let a, b;void (a = 1, b);"],
  ["for (var i = 0, n = 3; i < n; i++) var j = i;", "let i, n, j;for (i = 0, n = 3; i < n; i++) void (j = i);"],
  ["for (var [a, { b = 2, ...c }] of d) {}", "let a, b, c;for ([a, { b = 2, ...c }] of d) {}"],
  ["() => { var a = 1; const b = 2; }", "() => { var a = 1; const b = 2; }"],
  ["enum E { A }", 'let E;void (E); (function (E) { const A = 0; E[E["A"] = A] = "A"; })(E || (E = {}));'],
  ["export { a };", ";"],
  ["export type T = 1;", ""],
  ["using a = f();", 'let a = __normstream.keep("a", f());'],
  ["await using a = f(), b = g();", 'let a = __normstream.keep("a", f()), b = __normstream.keep("b", g());'],
  ["await using a = await f();", 'let a = __normstream.keep("a", await __normstream.until( f()));'],
  ["let x = <any>y; z!.w; f satisfies T;", "let x = y; z.w; f ;"],
];

describe("a cell becomes a script", () => {
  test.each(CASES)("%s", (code, expected) => {
    expect(script(code).trim()).toBe(expected);
  });

  test("JavaScript is taken as it is", () => {
    expect(script("a < b > (c)", true, "javascript")).toBe("a < b > (c)");
  });

  test("a Node without `using` gets scopes for it in blocks, and none for a Node that has it", () => {
    expect(script("{ using a = f(); g(a); }", false)).toBe(
      "{ const __normstream_1 = __normstream.scope(); try { const a = __normstream_1.use(f()); g(a); } catch (error) { __normstream_1.fail(error); } finally { __normstream_1.end(); } }",
    );
    expect(script("async () => { await using a = f(); return g(a); }", false)).toContain(
      "finally { await __normstream_1.endAsync(); }",
    );
    expect(script("{ using a = f(); g(a); }")).toBe("{ using a = f(); g(a); }");
  });
});

describe("what cannot be read is told with its place", () => {
  test.each([
    ["const a = ;", 1, 10],
    ["const a = 1;\nlet b: number = = 2;", 2, 16],
    ["let a = 1;\nlet a = 2;", 2, 4],
    ["f(\n", 2, 0],
    ["1;\n  return 5;", 2, 2],
    ["class A {}\nnamespace N { export const a = 1 }", 2, 0],
    ["@decorated class A {}", 1, 0],
  ])("%j", (code, line, column) => {
    expect(() => script(code)).toThrow(CellSyntaxError);
    try {
      script(code);
    } catch (error) {
      expect(error).toMatchObject({ name: "SyntaxError", line, column });
      expect((error as Error).message).not.toMatch(/\(\d+:\d+\)|Error transforming/);
    }
  });
});

/** Statements that hold a marker, over one line or several. */
const STATEMENTS = [
  (mark: string) => `mark("${mark}");`,
  (mark: string) => `import {\n  a${mark.length},\n} from "m"; mark("${mark}");`,
  (mark: string) => `interface I${mark} {\n  a: number;\n}\nmark("${mark}");`,
  (mark: string) => `await mark(\n  "${mark}",\n);`,
  (mark: string) => `enum E${mark} {\n  A,\n  B = 3,\n}\nmark("${mark}");`,
  (mark: string) => `/* a\n comment */\nmark("${mark}");`,
  (mark: string) => `{ using a = f();\n\n mark("${mark}"); }`,
  (mark: string) => `const t${mark} = \`a\n\${mark("${mark}")}\`;`,
  (mark: string) => `async function f${mark}(a: number,\n b?: string): Promise<void> {\n  await mark("${mark}");\n}`,
];

test("every statement stays on its line", () => {
  const marked = fc
    .array(fc.nat(STATEMENTS.length - 1), { minLength: 1, maxLength: 12 })
    .map((choices) => choices.map((choice, i) => STATEMENTS[choice]?.("x".repeat(i + 1))).join("\n"));
  fc.assert(
    fc.property(marked, fc.boolean(), (code, hasUsing) => {
      expect(linesOfMarks(script(code, hasUsing))).toEqual(linesOfMarks(code));
    }),
    { seed: 5, numRuns: 200 },
  );
});

const linesOfMarks = (code: string): string[] =>
  code.split("\n").flatMap((line, i) => [...line.matchAll(/"(x+)"/g)].map((match) => `${match[1]} on line ${i + 1}`));
