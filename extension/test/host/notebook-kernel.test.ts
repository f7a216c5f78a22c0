import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as after } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { kernelScript, openSession, type Seen, type Session } from "../kernel-session.js";

let session: Session;
beforeEach(() => {
  session = openSession();
});
afterEach(() => session[Symbol.dispose]());

/** The bar; a machine that is busy gets as much again. */
const STOP_MS = 500;
const SLACK_MS = 500;

/** Runs a cell, interrupts it once it says that it is under way, and measures how long it took to end. */
async function interrupted(code: string): Promise<Seen & { readonly stopMs: number }> {
  let asked = 0;
  let pid: number | undefined;
  const ran = session.run(`console.log("under way");\n${code}`, {
    during: (view) => {
      const stream = view.stream.bind(view);
      view.stream = (name, text) => {
        stream(name, text);
        if (!text.includes("under way")) return;
        setTimeout(() => {
          asked = performance.now();
          pid = session.kernel.pid;
          session.kernel.interrupt();
        }, 100);
      };
    },
  });
  const seen = await ran;
  expect(pid).toBeDefined();
  return { ...seen, stopMs: performance.now() - asked };
}

const textOf = ({ displays }: Seen): unknown => displays.at(-1)?.at(-1)?.["text/plain"];

/** Whether a process runs; one that has ended and was not waited for yet does not. */
function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

/** What runs of a process group. */
const aliveIn = (group: number): number[] =>
  spawnSync("pgrep", ["-g", String(group)], { encoding: "utf8" })
    .stdout.split("\n")
    .filter(Boolean)
    .map(Number)
    .filter(isAlive);

// The process has 450 ms to stop, and runs below all others: beside other tests it may come too late.
describe("an interrupt", { retry: 3 }, () => {
  test.each([
    ["a wait for nothing", "await new Promise(() => {});"],
    ["a loop of waits", "while (true) await new Promise((r) => setTimeout(r, 5));"],
    ["a loop that waits for nothing", "while (true) await null;"],
    ["a busy loop", "while (true) {}"],
    ["a busy loop after a wait", "await new Promise((r) => setTimeout(r, 20)); while (true) {}"],
    ["a busy loop in a function that is awaited", "await (async () => { await 0; while (true) {} })();"],
    ["a loop that catches what stops it", "while (true) { try { await new Promise((r) => setTimeout(r, 5)); } catch {} }"],
    ["a thread that sleeps", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);"],
    [
      "an iteration",
      "async function* g() { while (true) yield await new Promise((r) => setTimeout(r, 5)); }\nfor await (const x of g());",
    ],
    ["what is displayed", "import { interval } from 'rxjs';\ndisplay(interval(20));"],
    ["a regular expression that backtracks", "/^(a+)+$/.test('a'.repeat(60) + 'b');"],
  ])("stops %s, and variables survive", async (_, code) => {
    await session.run("let survives = 41;");
    const { pid } = session.kernel;
    const seen = await interrupted(code);
    expect(seen).toMatchObject({
      outcome: "interrupted",
      errors: [{ name: "Interrupted", message: "The cell was stopped. Variables are kept.", stack: "" }],
    });
    expect(seen.stopMs).toBeLessThan(STOP_MS + SLACK_MS);
    expect(textOf(await session.run("++survives"))).toBe("42");
    expect(session.kernel.pid).toBe(pid);
  });

  test.each([
    ["a call that blocks", "import { spawnSync } from 'node:child_process';\nspawnSync('sleep', ['60']);"],
    ["a busy loop in a timer", "setTimeout(() => { while (true) {} }, 1);\nawait new Promise((r) => setTimeout(r, 1e6));"],
  ])("ends the process of %s, says so, and leaves nothing", async (_, code) => {
    await session.run("let survives = 41;");
    const pid = session.kernel.pid as number;
    const seen = await interrupted(code);
    expect(seen.outcome).toBe("interrupted");
    expect(seen.errors).toHaveLength(1);
    expect(seen.errors[0]?.message).toMatch(/Variables are gone: run the cells again\.$/);
    expect(seen.stopMs).toBeLessThan(STOP_MS + SLACK_MS);
    await expect.poll(() => isAlive(pid), { timeout: 2000 }).toBe(false);
    await expect.poll(() => aliveIn(pid), { timeout: 2000 }).toEqual([]);
    expect((await session.run("survives")).errors).toMatchObject([{ name: "ReferenceError" }]);
  });

  test("stops a pass on threads that was given no signal; the pool lives on", async () => {
    writeFileSync(join(session.folder, "big.bin"), "");
    truncateSync(join(session.folder, "big.bin"), 64e9);
    await session.run(
      "import { computeStatistics, createPool, openTensor } from 'normstream';\nconst pool = createPool({ threads: 2 });\nconst big = await openTensor('big.bin', { shape: [64000, 1, 500, 500], dtype: 'float32' });",
    );
    const seen = await interrupted("await computeStatistics(big, { pool });");
    expect(seen).toMatchObject({ outcome: "interrupted", errors: [{ message: "The cell was stopped. Variables are kept." }] });
    expect(seen.stopMs).toBeLessThan(STOP_MS + SLACK_MS);
    await after(200);
    const before = cpuTicks(session.kernel.pid as number);
    await after(500);
    // 500 ms of the two threads are 100 ticks, of one that others push aside half as many or less.
    expect(cpuTicks(session.kernel.pid as number) - before).toBeLessThan(25);
    const small =
      "import { tensor } from 'normstream';\nusing x = tensor([4, 2], 'float32', { data: [1, 2, 3, 4, 5, 6, 7, 8], pool });\n(await computeStatistics(x, { pool })).mean.join()";
    expect(textOf(await session.run(small))).toBe("4,5");
  });
});

/** Time that a process's threads have worked, in hundredths of a second. */
function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

describe("a process that ends", () => {
  test("killed from outside: one clear message, and the next cell runs in a new one", async () => {
    await session.run("let a = 1;");
    const running = session.run("await new Promise(() => {})");
    setTimeout(() => process.kill(session.kernel.pid as number, "SIGKILL"), 100);
    const seen = await running;
    expect(seen).toMatchObject({
      outcome: "failed",
      errors: [{ message: "The cell process ended (killed by SIGKILL). Variables are gone: run the cells again." }],
    });
    expect(textOf(await session.run("1 + 1"))).toBe("2");
  });

  test("killed between cells: it is written down, and the next cell runs", async () => {
    await session.run("1");
    process.kill(session.kernel.pid as number, "SIGKILL");
    await expect.poll(() => session.kernel.pid).toBeUndefined();
    expect(session.log.join("")).toContain("The cell process ended (killed by SIGKILL).");
    expect(textOf(await session.run("2"))).toBe("2");
  });

  test("by a cell's own process.exit", async () => {
    const seen = await session.run("process.exit(3)");
    expect(seen.errors).toMatchObject([{ message: expect.stringContaining("exit code 3") }]);
  });

  test("of too little memory: that is said", async () => {
    using small = openSession({ env: { ...process.env, NODE_OPTIONS: "--max-old-space-size=40" } });
    const seen = await small.run("const all: number[][] = [];\nwhile (true) all.push(new Array(1e5).fill(all.length));");
    expect(seen.errors).toHaveLength(1);
    expect(seen.errors[0]?.message).toMatch(/^The cell process ran out of memory\. Variables are gone/);
  });

  test("never began: no such Node, and one that ends at once", async () => {
    using none = openSession({ node: "/nowhere/node" });
    expect((await none.run("1")).errors).toMatchObject([{ message: expect.stringContaining("Node was not found.") }]);
    using wrong = openSession({ node: "/bin/false" });
    expect((await wrong.run("1")).errors).toMatchObject([
      { message: expect.stringContaining("ended before it was ready (exit code 1)") },
    ]);
  });
});

describe("a restart", () => {
  test("ends the process and what it started, also while a cell is busy", async () => {
    const running = session.run(
      "import { spawn } from 'node:child_process';\nspawn('sleep', ['60']);\nconsole.log('up');\nwhile (true) {}",
    );
    const pid = session.kernel.pid as number;
    await expect.poll(() => aliveIn(pid).length, { timeout: 5000 }).toBe(2);
    session.kernel.restart();
    expect((await running).outcome).toBe("interrupted");
    await expect.poll(() => aliveIn(pid), { timeout: 2000 }).toEqual([]);
    expect(textOf(await session.run("typeof running"))).toBe("undefined");
  });
});

test("a process ends with the extension, also while a cell keeps it busy", async () => {
  const stdio = ["ignore", "ignore", "ignore", "pipe"] as const;
  const child = spawn(process.execPath, ["--experimental-import-meta-resolve", kernelScript], { stdio: [...stdio] });
  const pipe = child.stdio[3] as Duplex;
  const cell = { code: "console.log('up'); while (true) {}", language: "typescript", title: "Cell 1" };
  pipe.write(`${JSON.stringify({ kind: "run", run: 1, cell })}\n`);
  for await (const chunk of pipe) if (String(chunk).includes("up")) break;
  pipe.destroy();
  await expect.poll(() => isAlive(child.pid as number), { timeout: 5000 }).toBe(false);
});

test("the first output of a cold start comes within 1.5 s", async () => {
  // The bar is for all of VS Code around it too: see test/e2e. What else the machine does costs time: the best of three counts.
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const seen = await session.run("console.log(1)");
    expect(seen).toMatchObject({ outcome: "done", stdout: "1\n" });
    times.push(seen.ms);
    session.kernel.restart();
  }
  expect(Math.min(...times)).toBeLessThan(1500);
});
