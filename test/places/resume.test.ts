import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCommand, startCommand } from "../faults/command.js";
import { hasNginx, startNginx } from "./nginx.js";
import { npyOf } from "./npy.js";

const root = mkdtempSync(join(tmpdir(), "normstream-resume-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SHARD = ["--shard-bytes", "65536", "--threads", "2", "--json", "--quiet"];
/** `[32, 8, 128, 128]` float32, 17 MB: 256 shards of 64 KiB. */
const bytes = npyOf([32, 8, 128, 128], 3);

/** Instants of the run, as parts of what it takes unbroken; seeded. */
const instants = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => ((Math.imul(i + 1, seed) >>> 0) % 1000) / 1000);

/** Kills a run with SIGKILL at an instant, again and again until one gets through; each goes on where the one before was. */
async function broken(
  input: string,
  cwd: string,
  afterMs: number,
): Promise<{ digest: string; resumedBytes: number; kills: number }> {
  const checkpoint = join(cwd, "checkpoint");
  for (let kills = 0; ; kills++) {
    const run = startCommand(["stats", input, ...SHARD, "--checkpoint", checkpoint], { cwd });
    const timer = setTimeout(() => run.child.kill("SIGKILL"), kills < 3 ? afterMs : 60_000);
    const { ended, stdout, stderr } = await run.outcome;
    clearTimeout(timer);
    if (ended === "SIGKILL") continue;
    expect([ended, stderr]).toEqual([0, ""]);
    expect(existsSync(checkpoint)).toBe(false);
    return { ...JSON.parse(stdout), kills };
  }
}

async function resumesWith(input: string, cwd: string, count: number, seed: number): Promise<void> {
  const started = performance.now();
  const unbroken = JSON.parse((await runCommand(["stats", input, ...SHARD], { cwd })).stdout);
  const wholeMs = performance.now() - started;
  let resumed = 0;
  for (const instant of instants(count, seed)) {
    const { digest, resumedBytes, kills, ...rest } = await broken(input, cwd, wholeMs * (0.2 + 0.8 * instant));
    expect({ digest, mean: (rest as { mean?: unknown }).mean }).toEqual({ digest: unbroken.digest, mean: unbroken.mean });
    if (resumedBytes > 0) resumed++;
    if (kills === 0) expect(resumedBytes).toBe(0);
  }
  // Some of the instants lie within the pass.
  expect(resumed).toBeGreaterThan(0);
}

test("a local run that is killed at 12 instants ends with the bits of one that was not", async () => {
  writeFileSync(join(root, "x.npy"), bytes);
  await resumesWith("x.npy", root, 12, 0x9e3779b1);
}, 120_000);

test.skipIf(!hasNginx)(
  "so does one over HTTP, at 8 instants",
  async () => {
    const folder = mkdtempSync(join(root, "http-"));
    await using nginx = await startNginx(folder);
    writeFileSync(join(folder, "www", "x.npy"), bytes);
    await resumesWith(`${nginx.url}/x.npy`, folder, 8, 0x85ebca6b);
  },
  120_000,
);

test.each([
  ["batch norm into .npy", "out.npy", ["--norm", "batch"], 9, 0xc2b2ae35],
  ["instance norm into .npz, which needs checksums of all of it", "out.npz", ["--norm", "instance"], 5, 0x27d4eb2f],
])(
  "normalize that is killed writes the same file: %s",
  async (_, output, norm, count, seed) => {
    const cwd = mkdtempSync(join(root, "normalize-"));
    writeFileSync(join(cwd, "x.npy"), bytes);
    const command = (name: string, ...more: string[]) => ["normalize", "x.npy", "-o", name, ...norm, ...SHARD, ...more];
    const started = performance.now();
    expect((await runCommand(command(`unbroken-${output}`), { cwd })).ended).toBe(0);
    const wholeMs = performance.now() - started;
    const unbroken = readFileSync(join(cwd, `unbroken-${output}`));
    let resumed = 0;
    for (const instant of instants(count, seed)) {
      for (let kills = 0; ; kills++) {
        const run = startCommand(command(output, "--checkpoint", "checkpoint"), { cwd });
        const timer = setTimeout(() => run.child.kill("SIGKILL"), kills < 3 ? wholeMs * (0.2 + 0.8 * instant) : 60_000);
        const { ended, stdout, stderr } = await run.outcome;
        clearTimeout(timer);
        if (ended === "SIGKILL" && !existsSync(join(cwd, output))) continue;
        // Killed between the file's last name and the end of the checkpoint, it is whole all the same.
        if (ended !== "SIGKILL") {
          expect([ended, stderr]).toEqual([0, ""]);
          if (JSON.parse(stdout).resumedBytes > 0) resumed++;
          expect(readdirSync(cwd).sort()).toEqual([output, `unbroken-${output}`, "x.npy"].sort());
        }
        break;
      }
      expect(Buffer.compare(readFileSync(join(cwd, output)), unbroken)).toBe(0);
      for (const name of readdirSync(cwd)) {
        if (name !== "x.npy" && !name.startsWith("unbroken")) rmSync(join(cwd, name), { recursive: true });
      }
    }
    expect(resumed).toBeGreaterThan(0);
  },
  120_000,
);

test("two runs on one checkpoint are refused, and so is an input that has changed", async () => {
  const cwd = mkdtempSync(join(root, "refused-"));
  writeFileSync(join(cwd, "x.npy"), bytes);
  const command = ["stats", "x.npy", ...SHARD, "--checkpoint", "checkpoint"];
  const first = startCommand(command, { cwd });
  while (!existsSync(join(cwd, "checkpoint", "statistics.shards")) && first.child.exitCode === null)
    await new Promise((r) => setTimeout(r, 2));
  first.child.kill("SIGSTOP");
  const second = await runCommand(command, { cwd });
  expect([second.ended, second.stdout]).toEqual([2, ""]);
  expect(second.stderr).toMatch(
    /^normstream: checkpoint: another run uses this checkpoint, found process \d+ on .*\. Wait for it/,
  );
  while (statSync(join(cwd, "checkpoint", "statistics.shards")).size < 600) {
    first.child.kill("SIGCONT");
    await new Promise((r) => setTimeout(r, 5));
    first.child.kill("SIGSTOP");
  }
  first.child.kill("SIGKILL");
  await first.outcome;
  writeFileSync(join(cwd, "x.npy"), npyOf([32, 8, 128, 128], 4));
  const third = await runCommand(command, { cwd });
  expect([third.ended, third.stdout]).toEqual([2, ""]);
  expect(third.stderr).toMatch(/the checkpoint is of another run, or its input has changed; expected one whose state is/);
  expect(readdirSync(join(cwd, "checkpoint"))).toEqual(["statistics.shards"]);
});
