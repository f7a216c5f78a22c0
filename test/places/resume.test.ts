import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type RunningCommand, runCommand, startCommand, until } from "../faults/command.js";
import { writeHdf5 } from "../laws/hdf5.js";
import { png } from "../laws/png.js";
import { dataOf } from "../laws/sample-data.js";
import { hasNginx, startNginx } from "./nginx.js";
import { npyOf } from "./npy.js";

/** Runs that are killed, of each kind: few as a rule, as many as `NORMSTREAM_KILLS` says for who wants to know. */
const kills = (usual: number): number => Number(process.env.NORMSTREAM_KILLS ?? usual);
const TIMEOUT_MS = process.env.NORMSTREAM_KILLS === undefined ? 300_000 : 1_800_000;

const root = mkdtempSync(join(tmpdir(), "normstream-resume-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SHARD = ["--shard-bytes", "65536", "--threads", "2", "--json", "--quiet"];
/** `[32, 8, 128, 128]` float32, 17 MB: 256 shards of 64 KiB. */
const bytes = npyOf([32, 8, 128, 128], 3);

/** Instants of a run, as parts of its log; seeded. */
const instants = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => ((Math.imul(i + 1, seed) >>> 0) % 1000) / 1000);

/** Bytes that the log of finished shards comes to, about. */
const LOG_BYTES = 45_000;

/** Kills a run with SIGKILL as soon as a log holds so much. */
async function killAt(run: RunningCommand, log: string, byteLength: number): Promise<void> {
  await until(run, () => (statSync(log, { throwIfNoEntry: false })?.size ?? 0) >= byteLength);
  run.child.kill("SIGKILL");
}

/** Kills a run at an instant, and the next one at a later one; the last goes on where that was. */
async function broken(
  input: string,
  cwd: string,
  instant: number,
  logBytes: number,
  more: readonly string[],
): Promise<{ digest: string; mean: number[]; resumedBytes: number }> {
  const checkpoint = join(cwd, "checkpoint");
  for (let kills = 0; ; kills++) {
    const run = startCommand(["stats", input, ...SHARD, ...more, "--checkpoint", checkpoint], { cwd });
    if (kills < 2) await killAt(run, join(checkpoint, "statistics.shards"), logBytes * (kills === 0 ? instant / 2 : instant));
    const { ended, stdout, stderr } = await run.outcome;
    if (ended === "SIGKILL") continue;
    expect([ended, stderr]).toEqual([0, ""]);
    expect(existsSync(checkpoint)).toBe(false);
    return JSON.parse(stdout);
  }
}

async function resumesWith(
  input: string,
  cwd: string,
  count: number,
  seed: number,
  logBytes = LOG_BYTES,
  more: string[] = [],
): Promise<void> {
  const unbroken = JSON.parse((await runCommand(["stats", input, ...SHARD, ...more], { cwd })).stdout);
  let resumed = 0;
  for (const instant of instants(count, seed)) {
    const { digest, mean, resumedBytes } = await broken(input, cwd, instant, logBytes, more);
    expect({ digest, mean }).toEqual({ digest: unbroken.digest, mean: unbroken.mean });
    if (resumedBytes > 0) resumed++;
  }
  // All but those at the very start or end.
  expect(resumed).toBeGreaterThan(count / 2);
}

test(
  "a local run that is killed at random instants ends with the bits of one that was not",
  async () => {
    writeFileSync(join(root, "x.npy"), bytes);
    await resumesWith("x.npy", root, kills(12), 0x9e3779b1);
  },
  TIMEOUT_MS,
);

test.skipIf(!hasNginx)(
  "so does one over HTTP",
  async () => {
    const folder = mkdtempSync(join(root, "http-"));
    await using nginx = await startNginx(folder);
    writeFileSync(join(folder, "www", "x.npy"), bytes);
    await resumesWith(`${nginx.url}/x.npy`, folder, kills(8), 0x85ebca6b);
  },
  TIMEOUT_MS,
);

/** A Zarr array of version 3, `[128, 2, 128, 128]` float32, 17 MB in 128 chunks, one of which is not there. */
function writeZarr(path: string): void {
  const document = {
    ...{ zarr_format: 3, node_type: "array", shape: [128, 2, 128, 128], data_type: "float32", fill_value: 0.5, attributes: {} },
    chunk_grid: { name: "regular", configuration: { chunk_shape: [1, 2, 128, 128] } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    codecs: [{ name: "bytes", configuration: { endian: "little" } }],
  };
  const data = bytes.subarray(128);
  for (let n = 0; n < 128; n++) {
    if (n === 77) continue;
    mkdirSync(join(path, "c", `${n}`, "0", "0"), { recursive: true });
    writeFileSync(join(path, "c", `${n}`, "0", "0", "0"), data.subarray(n * 131_072, (n + 1) * 131_072));
  }
  writeFileSync(join(path, "zarr.json"), JSON.stringify(document));
}

test(
  "so does one over a Zarr array; a chunk that came since is another input",
  async () => {
    const cwd = mkdtempSync(join(root, "zarr-"));
    writeZarr(join(cwd, "x.zarr"));
    await resumesWith("x.zarr", cwd, kills(5), 0x165667b1, 30_000);
    const run = startCommand(["stats", "x.zarr", ...SHARD, "--checkpoint", "checkpoint"], { cwd });
    await killAt(run, join(cwd, "checkpoint", "statistics.shards"), 3000);
    await run.outcome;
    mkdirSync(join(cwd, "x.zarr", "c", "77", "0", "0"), { recursive: true });
    writeFileSync(join(cwd, "x.zarr", "c", "77", "0", "0", "0"), bytes.subarray(128, 128 + 131_072));
    const changed = await runCommand(["stats", "x.zarr", ...SHARD, "--checkpoint", "checkpoint"], { cwd });
    expect([changed.ended, changed.stdout]).toEqual([2, ""]);
    expect(changed.stderr).toMatch(/the checkpoint is of another run, or its input has changed/);
  },
  TIMEOUT_MS,
);

test.skipIf(!hasNginx)(
  "so does one over Zarr behind HTTP",
  async () => {
    const folder = mkdtempSync(join(root, "zarr-http-"));
    await using nginx = await startNginx(folder);
    writeZarr(join(folder, "www", "x.zarr"));
    await resumesWith(`${nginx.url}/x.zarr`, folder, kills(4), 0x2545f491, 30_000);
  },
  TIMEOUT_MS,
);

const CHUNK = "x.zarr/c/2/0/0/0";
test.skipIf(!hasNginx).each<readonly [string, string, (www: string) => void]>([
  [
    "has other bytes, as many as before",
    CHUNK,
    (www) => {
      rmSync(join(www, CHUNK));
      writeFileSync(join(www, CHUNK), Buffer.alloc(131_072, 1));
      utimesSync(join(www, CHUNK), 1e9, 1e9);
    },
  ],
  ["is gone", CHUNK, (www) => rmSync(join(www, CHUNK))],
  ["has come", "x.zarr/c/1/0/0/0", (www) => writeFileSync(join(www, "x.zarr/c/1/0/0/0"), Buffer.alloc(131_072, 1))],
])(
  "a chunk of a far Zarr array that %s between a run and the next is another input",
  async (_, chunk, change) => {
    const folder = mkdtempSync(join(root, "zarr-far-"));
    await using nginx = await startNginx(folder);
    const www = join(folder, "www");
    writeZarr(join(www, "x.zarr"));
    rmSync(join(www, "x.zarr/c/1/0/0/0"));
    const command = ["stats", `${nginx.url}/x.zarr`, ...SHARD, "--checkpoint", "checkpoint"];
    const log = join(folder, "checkpoint", "statistics.shards");
    const run = startCommand(command, { cwd: folder });
    await killAt(run, log, 20_000);
    await run.outcome;
    const [before, kept] = [nginx.log().length, statSync(log).size];
    change(www);
    const changed = await runCommand(command, { cwd: folder });
    expect([changed.ended, changed.stdout]).toEqual([2, ""]);
    expect(changed.stderr).toMatch(
      /^normstream: http:.*: the input has changed since the checkpoint was begun\. Remove the folder/,
    );
    expect(changed.stderr).toContain(chunk);
    // A question for each object that was read, and the metadata; what is kept stays.
    expect(nginx.log().length - before).toBeLessThanOrEqual(128 + 8);
    expect(statSync(log).size).toBe(kept);
  },
  TIMEOUT_MS,
);

test(
  "so does one over an HDF5 file",
  async () => {
    const cwd = mkdtempSync(join(root, "hdf5-"));
    const values = new Float32Array(bytes.buffer, bytes.byteOffset + 128, 64 * 4 * 4096);
    await writeHdf5(join(cwd, "x.h5"), true, dataOf("float32", [64, 4, 4096], Float64Array.from(values)), { layout: "NCHW" });
    await resumesWith("x.h5", cwd, kills(3), 0x85ebca77, 15_000);
  },
  TIMEOUT_MS,
);

test(
  "a normalized table that is killed while it is written is the same file in the end",
  async () => {
    const cwd = mkdtempSync(join(root, "parquet-"));
    const rows = 300_000;
    writeFileSync(
      join(cwd, "x.csv"),
      `a,b\n${Array.from({ length: rows }, (_, i) => `${i % 97},${(i * 7) % 1013}`).join("\n")}\n`,
    );
    const command = (name: string, ...more: string[]) => ["normalize", "x.csv", "-o", name, ...SHARD, ...more];
    expect((await runCommand(command("unbroken.parquet"), { cwd })).ended).toBe(0);
    const unbroken = readFileSync(join(cwd, "unbroken.parquet"));
    for (const log of ["statistics.shards", "normalize.shards"]) {
      const run = startCommand(command("out.parquet", "--checkpoint", "checkpoint"), { cwd });
      await killAt(run, join(cwd, "checkpoint", log), 800);
      await run.outcome;
      const { ended, stdout, stderr } = await runCommand(command("out.parquet", "--checkpoint", "checkpoint"), { cwd });
      expect([ended, stderr]).toEqual([0, ""]);
      expect(JSON.parse(stdout).resumedBytes).toBeGreaterThan(0);
      expect(Buffer.compare(readFileSync(join(cwd, "out.parquet")), unbroken)).toBe(0);
      expect(readdirSync(cwd).sort()).toEqual(["out.parquet", "unbroken.parquet", "x.csv"]);
      rmSync(join(cwd, "out.parquet"));
    }
  },
  TIMEOUT_MS,
);

test(
  "so does one over a folder of images; an image that was written again is another input",
  async () => {
    const cwd = mkdtempSync(join(root, "images-"));
    mkdirSync(join(cwd, "images"));
    const image = (n: number) => png([48 + (n % 3), 40], 3, 8, (y, x, c) => (x * 7 + y * 13 + c * 31 + n) & 255);
    for (let n = 0; n < 300; n++) writeFileSync(join(cwd, "images", `${String(n).padStart(4, "0")}.png`), image(n));
    const small = ["--shard-bytes", "8192"];
    await resumesWith("images", cwd, kills(4), 0x9e3779b9, 20_000, small);
    const command = ["stats", "images", ...SHARD, ...small, "--checkpoint", "checkpoint"];
    const run = startCommand(command, { cwd });
    await killAt(run, join(cwd, "checkpoint", "statistics.shards"), 2000);
    await run.outcome;
    writeFileSync(join(cwd, "images", "0007.png"), image(8));
    const changed = await runCommand(command, { cwd });
    expect([changed.ended, changed.stdout]).toEqual([2, ""]);
    expect(changed.stderr).toMatch(/the checkpoint is of another run, or its input has changed/);
  },
  TIMEOUT_MS,
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
    expect((await runCommand(command(`unbroken-${output}`), { cwd })).ended).toBe(0);
    const logs = norm.includes("batch") ? ["statistics.shards", "normalize.shards"] : ["normalize.shards"];
    const unbroken = readFileSync(join(cwd, `unbroken-${output}`));
    let resumed = 0;
    for (const instant of instants(count, seed)) {
      for (let kills = 0; ; kills++) {
        const run = startCommand(command(output, "--checkpoint", "checkpoint"), { cwd });
        const log = logs[kills];
        if (log) await killAt(run, join(cwd, "checkpoint", log), LOG_BYTES * instant);
        const { ended, stdout, stderr } = await run.outcome;
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
    expect(resumed).toBeGreaterThan(count / 2);
  },
  TIMEOUT_MS,
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
