import { readdirSync, readFileSync, rmSync } from "node:fs";
import { expect, test } from "vitest";
import { floats, npyOf, writeSparseNpy } from "./file-bytes.js";
import { scratchFolder } from "./scratch.js";

const scratch = scratchFolder();

const KILLS = 10;
/** A sparse input, all 0; with a bias of 1 the output is all 1, so that what was not written yet shows. */
const shape = [16, 4, 512, 512] as const;
const ARGS = [
  "normalize",
  "a.npy",
  "-o",
  "out.npy",
  "--bias",
  "b.npy",
  "--norm",
  "instance",
  "--overwrite",
  "--quiet",
  "--threads",
  "2",
];

/** Numbers in [0, 1), the same ones each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test("kill -9 at any instant leaves the old file or the new one, never a mixture", { timeout: 120_000 }, async () => {
  writeSparseNpy(scratch.path("a.npy"), shape);
  scratch.write("b.npy", npyOf([4], [1, 1, 1, 1]));
  const old = Buffer.concat([npyOf([3]), floats([1, 2, 3])]);
  const started = performance.now();
  expect(await scratch.run(ARGS)).toMatchObject({ ended: 0 });
  const wholeMs = performance.now() - started;
  const complete = scratch.read("out.npy");
  expect(
    new Float32Array(complete.buffer, complete.byteOffset + complete.length - 4 * 16, 16).every((value) => value === 1),
  ).toBe(true);

  const random = seeded(20);
  const found = { old: 0, new: 0 };
  for (let i = 0; i < KILLS; i++) {
    scratch.write("out.npy", old);
    const { child, outcome } = scratch.start(ARGS);
    // Half of them around the end, where one file takes the other's place.
    const instant = i % 2 === 0 ? random() : 0.8 + 0.25 * random();
    const timer = setTimeout(() => child.kill("SIGKILL"), instant * wholeMs);
    expect(["SIGKILL", 0]).toContain((await outcome).ended);
    clearTimeout(timer);

    const left = readdirSync(scratch.folder).filter((name) => !["a.npy", "b.npy", "out.npy"].includes(name));
    for (const name of left) expect(name).toMatch(/^\.out\.npy\.\d+\.[0-9a-f]{12}\.(partial|replaced)$/);
    const aside = left.find((name) => name.endsWith(".replaced"));
    const isThere = readdirSync(scratch.folder).includes("out.npy");
    // Between two renames the old file stands aside under a name that says so.
    const bytes = readFileSync(scratch.path(isThere ? "out.npy" : (aside ?? "no file is left")));
    const isOld = bytes.equals(old);
    expect(isOld || bytes.equals(complete)).toBe(true);
    found[isOld ? "old" : "new"]++;
    for (const name of left) rmSync(scratch.path(name));
  }
  expect(found.old).toBeGreaterThan(0);
  expect(found.old + found.new).toBe(KILLS);
});

test("what a killed run left is in nobody's way", async () => {
  scratch.write("a.npy", npyOf([4, 3]));
  scratch.write(".out.npy.123.0123456789ab.partial", "half");
  expect(await scratch.run(["normalize", "a.npy", "-o", "out.npy"])).toMatchObject({ ended: 0, stderr: "" });
  expect(String(scratch.read(".out.npy.123.0123456789ab.partial"))).toBe("half");
});
