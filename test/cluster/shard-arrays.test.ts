import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { scratchFolder, sparseNpy } from "./data-files.js";
import { run } from "./processes.js";

const root = join(import.meta.dirname, "..", "..");
const scratch = scratchFolder();
const options = { cwd: scratch.folder };
beforeAll(() => sparseNpy(scratch.path("train.npy"), [3001, 3, 32, 32]));
afterAll(() => scratch.remove());

/** The commands of an example, each with the variables that its scheduler sets. */
async function commandsOf(file: string, variables: Readonly<Record<string, string>>) {
  const text = readFileSync(join(root, "examples", "cluster", file), "utf8").replace(/\\\n\s*/g, " ");
  const lines = text.match(/normstream (stats|merge) [^"'\n]*/g) ?? [];
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    const filled = line
      .replace(/\$\{?(\w+)\}?/g, (_, name: string) => variables[name] ?? "")
      .replaceAll("/data/", `${scratch.folder}/`);
    const parts = /\*/.test(filled)
      ? filled.replace(/\S*\*\S*/, (glob) => [0, 1, 2, 3].map((i) => glob.replace("*", `${i}`)).join(" "))
      : filled;
    const { code, stderr } = await run(parts.trim().split(/\s+/).slice(1), options);
    expect(code, `${parts}\n${stderr}`).toBe(0);
  }
}

test.each([
  ["slurm", "slurm-stats.sh", "slurm-merge.sh", (i: number) => ({ SLURM_ARRAY_TASK_ID: `${i}`, SLURM_ARRAY_TASK_COUNT: "4" })],
  ["kubernetes", "kubernetes-stats.yaml", "kubernetes-merge.yaml", (i: number) => ({ JOB_COMPLETION_INDEX: `${i}`, PARTS: "4" })],
] as const)("%s: parts without Redis merge to the whole", async (_, stats, merge, variables) => {
  for (let i = 0; i < 4; i++) await commandsOf(stats, variables(i));
  await commandsOf(merge, { PARTS: "4" });
  const digest = async (args: string[]) => JSON.parse((await run([...args, "--json"], options)).stdout).digest;
  expect(await digest(["merge", "train.npz", "-o", "again.npz", "--overwrite"])).toBe(await digest(["stats", "train.npy"]));
  const { rmSync } = await import("node:fs");
  for (const name of ["train.npz", "again.npz", ...[0, 1, 2, 3].map((i) => `part-${i}.npz`)])
    rmSync(scratch.path(name), { force: true });
});
