import { existsSync, readdirSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { begun, until } from "./command.js";
import { deflatedNpz, npy, npyOf, writeSparseNpy } from "./file-bytes.js";
import { scratchFolder } from "./scratch.js";

const scratch = scratchFolder();

/** 64 GB that take no room: no pass gets to their end here. */
const hugeShape = [1024, 16, 1000, 1000] as const;

const moment = () => new Promise((resolve) => setTimeout(resolve, 60));

const partials = () => readdirSync(scratch.folder).filter((name) => name.endsWith(".partial"));
/** The output is being written: more than its header has come to the disk. */
const isWriting = () => partials().some((name) => (statSync(scratch.path(name)).blocks ?? 0) * 512 > 1e6);

const LAST_LINE = (signal: string) => `normstream: stopped by ${signal}: nothing was written, and the same command runs it again`;

describe("Ctrl-C and kill in the middle of a pass", () => {
  interface Case {
    readonly signal: "SIGINT" | "SIGTERM";
    readonly args: readonly string[];
    /** Default: it has said what it is about to do. */
    readonly isUnderWay: (() => boolean) | undefined;
  }
  const at = (signal: Case["signal"], args: string, isUnderWay?: () => boolean): Case => ({
    signal,
    args: args.split(" "),
    isUnderWay,
  });
  const cases: readonly Case[] = [
    at("SIGINT", "stats a.npy --threads 2"),
    at("SIGTERM", "stats a.npy -o out.npz --overwrite --engine inline"),
    at("SIGINT", "normalize a.npy -o out.npy --overwrite --threads 2", () => partials().length > 0),
    at("SIGTERM", "normalize a.npy -o out.npy --overwrite --norm instance --out-dtype f16 --threads 2", isWriting),
    at("SIGINT", "normalize a.npy -o out.npy --overwrite --norm layer --engine inline", isWriting),
    at("SIGINT", "normalize b.npz -o out.npy --overwrite --norm instance --threads 2", isWriting),
  ];
  test.each(cases)("$signal: $args", async ({ signal, args, isUnderWay }) => {
    writeSparseNpy(scratch.path("a.npy"), hugeShape);
    if (args.includes("b.npz")) scratch.write("b.npz", deflatedNpz(npy(new Uint8Array(240e6), { shape: "(60, 1, 1000, 1000)" })));
    for (const name of ["out.npy", "out.npz"]) scratch.write(name, npyOf([2, 2]));
    const before = scratch.listing();
    const run = scratch.start(args);
    await (isUnderWay ? until(run, isUnderWay) : begun(run));
    await moment();
    const signalled = performance.now();
    run.child.kill(signal);
    const { ended, stdout, stderr } = await run.outcome;
    expect(performance.now() - signalled).toBeLessThan(3000);
    expect({ ended, stdout }).toEqual({ ended: { SIGINT: 130, SIGTERM: 143 }[signal], stdout: "" });
    const lines = stderr.trimEnd().split("\n");
    expect(lines.filter((line) => line.includes("stopped"))).toEqual([LAST_LINE(signal)]);
    expect(lines.every((line) => line.startsWith("normstream: "))).toBe(true);
    expect(scratch.listing()).toEqual(before);
  });
});

test("a second Ctrl-C ends the process at once, and leaves nothing half-written either", async () => {
  writeSparseNpy(scratch.path("a.npy"), hugeShape);
  scratch.write("out.npy", npyOf([2, 2]));
  const before = scratch.listing();
  const run = scratch.start("normalize a.npy -o out.npy --overwrite --norm instance --out-dtype f16 --quiet".split(" "));
  await until(run, isWriting);
  await moment();
  // Both come before the process gets to act on the first.
  run.child.kill("SIGSTOP");
  run.child.kill("SIGINT");
  run.child.kill("SIGTERM");
  run.child.kill("SIGCONT");
  const { ended, stdout, stderr } = await run.outcome;
  expect([130, 143]).toContain(ended);
  expect({ stdout, stderr }).toEqual({ stdout: "", stderr: "" });
  expect(scratch.listing()).toEqual(before);
});

test("a signal after the end of the work changes nothing", async () => {
  scratch.write("a.npy", npyOf([4, 3]));
  const run = scratch.start(["normalize", "a.npy", "-o", "out.npy"]);
  await until(run, () => existsSync(scratch.path("out.npy")));
  run.child.kill("SIGINT");
  const { ended } = await run.outcome;
  // The file is whole: the process may have had something left to say, or not.
  expect([0, 130, "SIGINT"]).toContain(ended);
  expect(Object.keys(scratch.listing())).toEqual(["a.npy", "out.npy"]);
});
