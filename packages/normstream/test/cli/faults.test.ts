import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { encodeNpyHeader } from "@normstream/formats";
import { beforeAll, describe, expect, test } from "vitest";
import { BIN, commandFolder, finished, start } from "./command-line.js";
import { writeNpy, writeSample, writeSparse } from "./sample-files.js";

const at = commandFolder();

/** Command line, exit code, and what the one line says. */
const FAILURES: readonly (readonly [line: string, code: number, ...parts: string[]])[] = [
  ["stats cut.npy", 3, "cut.npy", "truncated"],
  ["stats text.npy", 3, "text.npy"],
  ["stats int64.npy", 3, "int64", "astype"],
  ["stats empty.npy", 3, "[0, 3]", "holds no values"],
  ["stats nan.npy --nan error", 3, "nan.npy", "sample 1", "channel 1"],
  ["stats one.npy -o one.safetensors", 3, "running_var", "needs 2"],
  ["normalize one.npy -o y.npy", 3, "one value per channel"],
  ["normalize constant.npy -o y.npy --eps 0", 3, "the variance is 0", "eps above 0"],
  ["normalize nan.npy -o y.npy --nan error", 3, "sample 1"],
  ["stats missing.npy", 4, "missing.npy", "no such file"],
  ["stats folder", 3, "folder"],
  ["stats x.npy -o folder", 2, "found none"],
  ["stats x.npy -o nowhere/y.json", 4, "nowhere/y.json", "no such file or folder"],
  ["normalize x.npy -o nowhere/y.npy", 4, "nowhere/y.npy"],
  ["normalize x.npy -o y.npy --weight missing.npy", 4, "missing.npy"],
  ["merge x.npy -o y.npz", 3, "x.npy"],
  ["merge missing.npz -o y.npz", 4, "missing.npz"],
  ["merge missing.json -o y.json", 4, "missing.json"],
];

beforeAll(() => {
  writeSample(at.path("x.npy"), [6, 4, 2, 2]);
  writeSample(at.path("cut.npy"), [6, 4, 2, 2]);
  truncateSync(at.path("cut.npy"), 200);
  writeNpy(at.path("nan.npy"), [2, 2], Float32Array.of(1, 2, 3, Number.NaN));
  writeNpy(at.path("empty.npy"), [0, 3], new Float32Array());
  writeNpy(at.path("one.npy"), [1, 3], Float32Array.of(1, 2, 3));
  writeNpy(at.path("constant.npy"), [2, 1], Float32Array.of(5, 5));
  const header = Buffer.from(encodeNpyHeader([1], "float64"))
    .toString("latin1")
    .replace("<f8", "<i8");
  writeFileSync(at.path("int64.npy"), `${header}12345678`, "latin1");
  writeFileSync(at.path("text.npy"), "not a tensor at all");
  mkdirSync(at.path("folder"));
  writeSparse(at.path("sparse.npy"), [2000, 4, 512, 512]);
});

describe.concurrent("bad input and faults end in one line and the right code", () => {
  for (const [line, code, ...parts] of FAILURES) test(`${line} → ${code}`, () => at.fails(line, code, ...parts));
});

test("nothing is left of what failed", () => {
  expect(at.partials()).toEqual([]);
  expect(existsSync(at.path("y.npy"))).toBe(false);
});

test("an output that is there outlives a failing --overwrite", async () => {
  writeFileSync(at.path("earlier.npy"), "mine");
  await at.fails("normalize nan.npy -o earlier.npy --overwrite --nan error", 3, "sample 1");
  expect(readFileSync(at.path("earlier.npy"), "utf8")).toBe("mine");
});

describe("signals", () => {
  test.each([
    ["SIGINT", 130, "stats sparse.npy -o table.npz --threads 2", "table.npz"],
    ["SIGTERM", 143, "normalize sparse.npy -o y.safetensors --norm instance", "y.safetensors"],
    ["SIGINT", 130, "stats sparse.npy -o table.npz --engine inline", "table.npz"],
  ] as const)("%s ends a large run with %i: %s", async (signal, code, line, output) => {
    const child = start(at.folder, line.split(" "));
    const end = finished(child);
    // It says what it is about to do when it starts.
    await new Promise((resolve) => child.stderr?.once("data", resolve));
    await new Promise((resolve) => setTimeout(resolve, 150));
    child.kill(signal);
    const { stdout, stderr, ...ended } = await end;
    expect(ended).toEqual({ code });
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^normstream: reading [\d.]+ GB in \d+ shards, .*; buffers take up to .* of 512 MB\n/);
    expect(stderr.endsWith(`normstream: stopped by ${signal}: nothing was written, and the same command runs it again\n`)).toBe(
      true,
    );
    expect(existsSync(at.path(output))).toBe(false);
    expect(at.partials()).toEqual([]);
  });
});

describe("standard output", () => {
  test("a reader that goes away is no error", async () => {
    const child = start(at.folder, ["stats", "x.npy", "--json"]);
    child.stdout?.destroy();
    expect(await finished(child)).toMatchObject({ code: 0, stderr: "" });
    const help = start(at.folder, ["--help"]);
    help.stdout?.destroy();
    expect(await finished(help)).toMatchObject({ code: 0, stderr: "" });
  });

  test.runIf(existsSync("/dev/full"))("a full disk behind it is one", async () => {
    const { status, stderr } = spawnSync("sh", ["-c", `"$0" "$1" stats x.npy > /dev/full`, process.execPath, BIN], {
      cwd: at.folder,
    });
    expect(status).toBe(4);
    expect(String(stderr)).toBe("normstream: cannot write to standard output: no space left on the device\n");
  });
});

test("NORMSTREAM_DEBUG=1 shows the stack, and nothing else does", async () => {
  const env = { ...process.env, NORMSTREAM_DEBUG: "1" };
  const { stderr } = spawnSync(process.execPath, [BIN, "stats", "missing.npy"], { cwd: at.folder, env });
  expect(String(stderr)).toMatch(/^normstream: missing\.npy: .*\nNormstreamError: [\s\S]*\n +at /);
});
