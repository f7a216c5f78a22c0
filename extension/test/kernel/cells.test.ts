import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSession, type Seen, type Session } from "../kernel-session.js";

let session: Session;
beforeAll(() => {
  session = openSession();
});
afterAll(() => session[Symbol.dispose]());

/** The last state of each output, as text. */
const texts = ({ displays }: Seen): unknown[] => displays.map((states) => states.at(-1)?.["text/plain"]);

async function resultOf(code: string): Promise<unknown> {
  const seen = await session.run(code);
  expect(seen.errors).toEqual([]);
  expect(seen.outcome).toBe("done");
  return texts(seen).at(-1);
}

describe("values and names", () => {
  test.each([
    ["1 + 1", "2"],
    ["const a: number = 20; let b = 1; a + b", "21"],
    ["const a = 'again', b = 2; a + b", "again2"],
    ["class A { x = 1 } enum E { One = 1 } new A().x + E.One", "2"],
    ["if (true) { 'of a block' }", "of a block"],
    ["({ a: NaN, b: -0, c: 10n })", "{ a: NaN, b: -0, c: 10n }"],
    ["await 5", "5"],
    ["await Promise.resolve([1, 2])", "[ 1, 2 ]"],
    ["Promise.resolve('settled')", "settled"],
    ["null", "null"],
    ["Symbol('s')", "Symbol(s)"],
    ["typeof require + import.meta.filename.endsWith('notebook.ts')", "undefinedtrue"],
    ["[...'ab'].map((c) => c + c)", "[ 'aa', 'bb' ]"],
    ["export const exported = 4; exported", "4"],
  ])("%s", async (code, expected) => {
    expect(await resultOf(code)).toBe(expected);
  });

  test("nothing is shown for nothing", async () => {
    for (const code of ["undefined", "const nothing = 1;", "", "// a comment", "function f() {}"]) {
      expect(await session.run(code), code).toMatchObject({ outcome: "done", displays: [], errors: [] });
    }
  });

  test("what a cell declares, the next ones have, and may declare anew", async () => {
    await session.run(
      "const kept = await Promise.resolve(7);\nimport { sep } from 'node:path';\nfunction twice(x: number) { return 2 * x; }",
    );
    expect(await resultOf("twice(kept) + sep.length")).toBe("15");
    await session.run("const kept = 'new';");
    expect(await resultOf("kept")).toBe("new");
  });
});

describe("imports", () => {
  beforeAll(() => {
    const write = (path: string, text: string): void => {
      mkdirSync(join(session.folder, path, ".."), { recursive: true });
      writeFileSync(join(session.folder, path), text);
    };
    write("node_modules/a/package.json", '{"name":"a","type":"module","exports":{"import":"./a.js"}}');
    write("node_modules/a/a.js", "export default 1; export const b = 2;");
    write("node_modules/c/package.json", '{"name":"c"}');
    write("node_modules/c/index.js", "module.exports = { d: 3 };");
    write("local.mjs", "export const e = 4;");
    write("data.json", '{"f":5}');
  });

  test.each([
    ["import a, { b } from 'a'; a + b", "3"],
    ["import c from 'c'; c.d", "3"],
    ["import { e } from './local.mjs'; e", "4"],
    ["import data from './data.json' with { type: 'json' }; data.f", "5"],
    ["(await import('a')).b", "2"],
    ["import * as fs from 'node:fs'; typeof fs.readFileSync", "function"],
    ["import { of } from 'rxjs'; import { map } from 'rxjs/operators'; of(1).pipe(map((x) => x + 1))", "2"],
    ["import { openTensor } from 'normstream'; typeof openTensor", "function"],
  ])("%s", async (code, expected) => {
    expect(await resultOf(code)).toBe(expected);
  });

  test.each([
    ["import 'not-there'", /^Cannot find the package "not-there" from .*\. Install it there with: npm install not-there$/],
    ["import '@not/there/deep'", /^Cannot find the package "@not\/there" from /],
    ["import './not-there.js'", /^Cannot find the file "\.\/not-there\.js" from /],
    ["import 'https://example.com/a.js'", /^Cannot import "https:.*": cells import packages that are installed, and files\./],
    ["import { z } from 'a'", /^The module "a" has no export named "z"\.$/],
  ])("%s is refused in one line", async (code, message) => {
    const seen = await session.run(code);
    expect(seen.outcome).toBe("failed");
    expect(seen.errors).toEqual([expect.objectContaining({ message: expect.stringMatching(message) })]);
  });

  test("a workspace's own package wins over the one that comes with the extension", async () => {
    using own = openSession();
    mkdirSync(join(own.folder, "node_modules/rxjs"), { recursive: true });
    writeFileSync(join(own.folder, "node_modules/rxjs/package.json"), '{"name":"rxjs","type":"module","main":"own.js"}');
    writeFileSync(join(own.folder, "node_modules/rxjs/own.js"), "export const mine = true;");
    expect(texts(await own.run("import { mine } from 'rxjs'; mine"))).toEqual(["true"]);
  });
});

describe("prints", () => {
  test("console and streams come in order, to the cell that prints", async () => {
    const seen = await session.run(
      "console.log('a', { b: 1 });\nconsole.error('c');\nprocess.stdout.write('d');\nawait new Promise((r) => setTimeout(r, 20));\nconsole.info('é');",
    );
    expect(seen).toMatchObject({ stdout: "a { b: 1 }\ndé\n", stderr: "c\n", outcome: "done" });
  });

  test("a flood of prints is cut, and the kernel lives", async () => {
    const seen = await session.run("for (let i = 0; i < 4e5; i++) console.log('0123456789');\n'after'");
    expect(seen.stdout.length).toBe(2_000_000);
    expect(seen.stderr).toBe("\n… 2400000 more characters were printed, and are not shown.\n");
    expect(texts(seen)).toEqual(["after"]);
  });
});

describe("errors", () => {
  const errorOf = async (code: string) => {
    const seen = await session.run(code, { title: "Cell 9" });
    expect(seen.outcome).toBe("failed");
    expect(seen.errors).toHaveLength(1);
    return seen.errors[0];
  };

  test("name the cell and its own lines, across types and awaits, without the kernel's frames", async () => {
    const code =
      "interface I {\n  a: number;\n}\nasync function f(i: I) {\n  await null;\n  throw new RangeError(String(i.a));\n}\n\nawait f({ a: 1 });";
    expect(await errorOf(code)).toEqual({
      name: "RangeError",
      message: "1",
      stack: "RangeError: 1\n    at f (Cell 9, line 6)\n    at Cell 9, line 9",
    });
  });

  test("name the cell that a function was written in", async () => {
    await session.run("\nfunction fails() {\n  null.x;\n}", { title: "Cell 4" });
    expect((await errorOf("fails()"))?.stack).toContain("at fails (Cell 4, line 3)\n    at Cell 9, line 1");
  });

  test("of syntax show the line", async () => {
    expect(await errorOf("const a = 1;\nconst b = = 2;")).toEqual({
      name: "SyntaxError",
      message: "Unexpected token (Cell 9, line 2)",
      stack: "SyntaxError: Unexpected token\n    Cell 9, line 2\n\nconst b = = 2;\n          ^",
    });
  });

  test("that Normstream tells are one line", async () => {
    const code = "import { openTensor } from 'normstream';\nawait openTensor('not-there.npy');";
    expect(await errorOf(code)).toEqual({
      name: "Normstream, io",
      message: expect.stringMatching(/^not-there\.npy: /),
      stack: "",
    });
  });

  test.each([
    ["throw 'text'", "'text'"],
    ["throw { a: 1 }", "{ a: 1 }"],
    ["throw undefined", "undefined"],
    ["throw null", "null"],
    ["throw new Proxy({}, { get() { throw 1; } })", "{}"],
    ["new Proxy({}, { get() { throw 1; } })", "1"],
    ["Promise.reject(new Error('rejected'))", "rejected"],
  ])("%s", async (code, message) => {
    expect((await errorOf(code))?.message).toBe(message);
  });

  test("that nobody waits for are shown, and the kernel lives", async () => {
    const seen = await session.run(
      "setTimeout(() => { throw new Error('late'); }, 1);\nPromise.reject(new Error('nobody'));\nawait new Promise((r) => setTimeout(r, 60));\n'lives'",
    );
    expect(seen.errors.map(({ message }) => message).sort()).toEqual(["late", "nobody"]);
    expect(texts(seen)).toEqual(["lives"]);
  });

  test("of what is displayed and not awaited fail the cell", async () => {
    const seen = await session.run("display(new Promise((_, no) => setTimeout(() => no(new Error('at last')), 30)));\n1");
    expect(seen).toMatchObject({ outcome: "failed", errors: [{ message: "at last" }] });
  });
});

describe("using", () => {
  test("of a cell keeps what it holds for the next cells, until another takes its place", async () => {
    await session.run(
      "const log: string[] = [];\nconst opened = (name: string) => ({ name, [Symbol.asyncDispose]: async () => void log.push(name) });",
    );
    await session.run("await using held = opened('first');");
    expect(await resultOf("[held.name, ...log].join()")).toBe("first");
    await session.run("await using held = opened('second');");
    expect(await resultOf("[held.name, ...log].join()")).toBe("second,first");
  });

  test("within a block lets go at its end, in reverse, also when it throws", async () => {
    await session.run(
      "const order: string[] = [];\nconst part = (name: string) => ({ [Symbol.dispose]: () => void order.push(name) });",
    );
    const seen = await session.run("{\n  using a = part('a');\n  using b = part('b');\n  throw new Error('out');\n}");
    expect(seen.errors).toMatchObject([{ message: "out", stack: expect.stringContaining("line 4") }]);
    expect(await resultOf("order.join()")).toBe("b,a");
    expect(
      await resultOf(
        "async function f() { await using c = { [Symbol.asyncDispose]: async () => void order.push('c') }; return 'given'; }\nconst given = await f();\nactual = [given, ...order].join();\nvar actual: string;\nactual",
      ),
    ).toBe("given,b,a,c");
  });
});
