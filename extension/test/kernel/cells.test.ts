import { afterAll, expect, test } from "vitest";
import { openSession } from "../kernel-session.js";

const session = openSession();
afterAll(() => session[Symbol.dispose]());
const textOf = (seen: Awaited<ReturnType<typeof session.run>>) => seen.displays.map((states) => states.at(-1)?.["text/plain"]);

test("a cell's last value is its output, and its names live on", async () => {
  const seen = await session.run("const a: number = 2;\nlet b = 3;\na * b");
  console.log(seen);
  expect(seen).toMatchObject({ outcome: "done", errors: [] });
  expect(textOf(seen)).toEqual(["6"]);
  console.log(await session.run("import { openTensor, tensor, createReport } from 'normstream';\nconst x = tensor([64,3,8,8],'float32',{data: Array.from({length:64*192},(_, i)=>Math.sin(i*12.9898)*((i*7919)%13))}); const r = await createReport(x); console.log('hi', r.id); r"));
  console.log(await session.run("function f() {\n  throw new TypeError('boo');\n}\n\nf();"));
  console.log(await session.run("const = 4"));
  console.log(await session.run("await import('nope')"));
  console.log(await session.run("import { foo } from 'normstream'"));
  console.log(await session.run("import { map, interval, take } from 'rxjs'; display(interval(50).pipe(take(20))); 1"));
  console.log(await session.run("while (true) {}", { during: () => setTimeout(() => session.kernel.interrupt(), 300) }));
  console.log(await session.run("await new Promise(() => {})", { during: () => setTimeout(() => session.kernel.interrupt(), 300) }));
  console.log(await session.run("await 0; while (true) {}", { during: () => setTimeout(() => session.kernel.interrupt(), 300) }));
  console.log(await session.run("while (true) { try { await 0 } catch {} }", { during: () => setTimeout(() => session.kernel.interrupt(), 300) }));
  console.log(await session.run("a * b"));
  console.log(session.log);
});
