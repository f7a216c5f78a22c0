import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { expectRefusal, runCommand } from "../faults/command.js";
import { npyOf } from "../places/npy.js";

const cwd = mkdtempSync(join(tmpdir(), "normstream-stdin-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const bytes = npyOf([6, 4, 32, 32], 5);
writeFileSync(join(cwd, "x.npy"), bytes);
writeFileSync(join(cwd, "cut.npy"), bytes.subarray(0, -100));
writeFileSync(join(cwd, "long.npy"), Buffer.concat([bytes, Buffer.from("more")]));
writeFileSync(join(cwd, "x.npy.gz"), gzipSync(bytes));
writeFileSync(join(cwd, "x.raw"), bytes.subarray(bytes.length - 4 * 6 * 4 * 1024));
writeFileSync(join(cwd, "empty"), "");

const QUIET = ["--quiet", "--json", "--threads", "2"];
/** Runs the command behind a real pipe. */
const piped = (producer: string, ...args: string[]) =>
  runCommand(args, { cwd, through: ["sh", "-c", `${producer} | "$0" "$@"`] });
const digestOf = (stdout: string) => JSON.parse(stdout).digest;

test.each([
  ["cat x.npy", []],
  // Bytes that come one by one, headers cut anywhere.
  ["(dd bs=1 count=200 2>/dev/null; cat) < x.npy", []],
  ["cat x.raw", ["--shape", "6,4,32,32", "--dtype", "f4"]],
])(
  "%s | normstream stats -: the digest of the file",
  async (producer, more) => {
    const file = await runCommand(["stats", "x.npy", ...QUIET], { cwd });
    const stdin = await piped(producer, "stats", "-", ...more, ...QUIET);
    expect(stdin).toMatchObject({ ended: 0, stderr: "" });
    expect(digestOf(stdin.stdout)).toBe(digestOf(file.stdout));
    expect(JSON.parse(stdin.stdout)).toMatchObject({ input: "standard input", shape: [6, 4, 32, 32] });
  },
  180_000,
);

test("instance norm takes one pass, and writes the file's bytes", async () => {
  const one = await runCommand(["normalize", "x.npy", "--norm", "instance", "-o", "a.npy", ...QUIET], { cwd });
  const two = await piped("cat x.npy", "normalize", "-", "--norm", "instance", "-o", "b.npy", ...QUIET);
  expect([one.ended, two.ended, two.stderr]).toEqual([0, 0, ""]);
  expect(Buffer.compare(readFileSync(join(cwd, "a.npy")), readFileSync(join(cwd, "b.npy")))).toBe(0);
}, 180_000);

test.each([
  [
    "cat x.npy",
    ["normalize", "-", "-o", "c.npy"],
    2,
    /standard input: cannot be read twice, as batch norm needs.*Save it to a file/,
  ],
  [
    "cat x.npy",
    ["stats", "-", "--checkpoint", "cp"],
    2,
    /standard input: a checkpoint does not go with.*Save it to a file first\.$/,
  ],
  [
    "cat x.npy.gz",
    ["stats", "-"],
    2,
    /gzip is not read from standard input; expected \.npy, IDX, .*gunzip \| normstream stats -/,
  ],
  ["cat cut.npy", ["stats", "-"], 3, /standard input: the data is truncated; expected 98304 bytes of data, found 98204/],
  ["cat long.npy", ["stats", "-"], 3, /standard input: 4 bytes follow the data/],
  ["cat empty", ["stats", "-"], 3, /standard input: is empty; expected a tensor/],
])(
  "%s: refused, %s",
  async (producer, args, exit, says) => {
    expectRefusal(await piped(producer, ...args, "--quiet", "--threads", "2"), exit, says);
  },
  180_000,
);
