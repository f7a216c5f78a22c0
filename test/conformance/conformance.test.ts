import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createPool } from "normstream";
import { afterAll, describe, expect, test } from "vitest";
import { runCase } from "./case.mjs";

const cases = fileURLToPath(new URL("cases/", import.meta.url));
const names = readdirSync(cases, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** How the cases are run: on the calling thread, and cut as small as can be on more threads than there are cores. */
const ways = [
  { way: "inline", pool: createPool({ threads: 0 }), options: {} },
  { way: "3 threads, shards of one leaf", pool: createPool({ threads: 3 }), options: { shardBytes: 1 } },
];

afterAll(async () => {
  for (const { pool } of ways) await pool[Symbol.asyncDispose]();
});

test("all cases of the index are there", () => {
  const index = JSON.parse(readFileSync(join(cases, "index.json"), "utf8"));
  expect(index).toEqual({ format: "norm-case/1", cases: names });
  expect(names).toHaveLength(48);
});

describe.each(ways)("$way", ({ pool, options }) => {
  test.each(names)("%s", async (name) => {
    const { outcomes } = await runCase(join(cases, name), { pool, ...options });
    expect(outcomes.filter(({ state }) => state === "failed")).toEqual([]);
    expect(outcomes.filter(({ state }) => state === "passed").length).toBeGreaterThan(0);
  });
});

describe("a wrong answer is noticed", () => {
  const scratch = mkdtempSync(join(tmpdir(), "normstream-conformance-"));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test.each([
    ...["y", "batch_mean", "batch_var", "total_mean", "total_var", "running_mean", "running_var"],
    ...["dx", "dweight", "dbias"],
  ])("%s", async (output) => {
    const folder = join(scratch, output);
    cpSync(join(cases, /^d/.test(output) ? "bn2d_train_backward" : "bn2d_train"), folder, { recursive: true });
    const path = join(folder, /^(total|running|d)/.test(output) ? `${output}.npy` : `${output}_0.npy`);
    const bytes = readFileSync(path);
    bytes.writeDoubleLE(bytes.readDoubleLE(bytes.length - 8) * 1.001 + 0.001, bytes.length - 8);
    writeFileSync(path, bytes);
    const { outcomes } = await runCase(folder);
    const failed = new Set(outcomes.filter(({ state }) => state === "failed").map(({ kind }) => kind));
    expect([...failed]).toEqual([output]);
  });

  test("an output of a kind that the runner does not know", async () => {
    const folder = join(scratch, "unknown");
    cpSync(join(cases, "bn2d_train"), folder, { recursive: true });
    const path = join(folder, "case.json");
    writeFileSync(path, readFileSync(path, "utf8").replace('"total_mean": "total_mean.npy"', '"median": "total_mean.npy"'));
    const { outcomes } = await runCase(folder);
    expect(outcomes.filter(({ state }) => state === "failed").map(({ kind }) => kind)).toEqual(["median"]);
  });
});
