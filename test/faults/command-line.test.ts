import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { expectRefusal } from "./command.js";
import { npyOf } from "./file-bytes.js";
import { scratchFolder } from "./scratch.js";

const scratch = scratchFolder();
const whole = npyOf([4, 3, 2, 2]);

describe("numbers that cannot be are refused", () => {
  const cases: readonly (readonly [args: string, line: string])[] = [
    ["--threads -1", '--threads: "-1"; expected a whole number from 0 to 512'],
    ["--threads 1e9", '--threads: "1e9"; expected a whole number from 0 to 512'],
    ["--threads 1000000000", '--threads: "1000000000"; expected a whole number from 0 to 512'],
    ["--threads 2.5", '--threads: "2.5"; expected a whole number from 0 to 512'],
    ["--threads 0 --engine threads", "--threads 0 does not go with --engine threads"],
    ["--memory 1MB", "--memory: a memory of 1000000 bytes is too small; expected at least 8MB"],
    ["--memory 0", "--memory: a memory of 0 bytes is too small; expected at least 8MB"],
    ["--memory -5", '--memory: "-5" is not a number of bytes; expected for example 512MB or 2GiB'],
    ["--memory 1e999", '--memory: "1e999" is not a number of bytes; expected for example 512MB or 2GiB'],
    ["--shard-bytes 0", '--shard-bytes: "0"; expected 1 or more'],
    ["--shard-bytes NaN", '--shard-bytes: "NaN" is not a number of bytes; expected for example 512MB or 2GiB'],
    ["--batch-size 0", '--batch-size: "0"; expected a whole number of 1 or more'],
    ["--norm group --groups 0", '--groups: "0"; expected a whole number of 1 or more'],
    [
      "--shard 4/4",
      '--shard: "4/4"; expected i/N with i from 0 to N − 1, for example 0/4. Parts are counted from 0: the last one is 3/4.',
    ],
    ["--shape 4,x", '--shape: "4,x"; expected whole numbers with commas between, for example 8,3,32,32'],
    [
      "--dtype f3",
      '--dtype: unknown dtype "f3"; expected one of float64, float32, float16, bfloat16, int32, int16, uint16, int8, uint8 (or NumPy\'s short form, such as f4)',
    ],
    ["--layout NWHC", '--layout: unknown layout "NWHC"; expected one of NC, NCL, NHW, NCHW, NHWC, NCDHW'],
    ["--nan maybe", '--nan: "maybe"; expected propagate, omit or error'],
    ["--bogus", 'unknown option "--bogus". See normstream stats --help.'],
    ["b.npy", 'too many arguments for "stats". Expected 1 argument but got 2. See normstream stats --help.'],
  ];
  test.each(cases)("%s", async (args, line) => {
    scratch.write("a.npy", whole);
    expectRefusal(await scratch.run(["stats", "a.npy", ...args.split(" ")]), 2, line);
    expect(Object.keys(scratch.listing())).toEqual(["a.npy"]);
  });

  test.each([
    ["--threads", "0"],
    ["--shard-bytes", "1"],
    ["--shard-bytes", "9000TB"],
    ["--memory", "8MB"],
    ["--memory", "9000TB"],
  ])("%s %s is none of them", async (...args) => {
    scratch.write("a.npy", whole);
    const { digest } = JSON.parse((await scratch.run(["stats", "a.npy", "--json"])).stdout);
    const { ended, stdout, stderr } = await scratch.run(["stats", "a.npy", "--json", ...args]);
    expect({ ended, stderr, digest: JSON.parse(stdout).digest }).toEqual({ ended: 0, stderr: "", digest });
  });
});

describe("names of files", () => {
  test("one line stays one line, whatever a name holds", async () => {
    const name = "a\nb\r\u0085\u2028\x1b[31m\tc.npy";
    scratch.write(name, whole.subarray(0, -5));
    const cut =
      "a b [31m c.npy: the data is truncated; expected 268 bytes (76 of header, 192 of data), found 263. Copy or write the file again.";
    expectRefusal(await scratch.run(["stats", name]), 3, cut);
    expectRefusal(await scratch.run(["stats", "x\ny.npy"]), 4, "x y.npy: cannot open: no such file or folder");
    expectRefusal(await scratch.run(["stats", `--x\n\x1b[31my`]), 2, 'unknown option "--x [31my". See normstream stats --help.');
    scratch.write("whole.npy", whole);
    expectRefusal(
      await scratch.run(["normalize", "whole.npy", "-o", "x\ny.txt"]),
      2,
      "x y.txt: the extension names no format that tensors are written in; expected .npy, .npz, .safetensors, .parquet, .zarr, found .txt",
    );
  });

  test("any characters will do", async () => {
    const [input, output] = ["größe 漢字 'quoted\" 🙂\n.npy", `${"ü".repeat(120)}.npy`];
    scratch.write(input, whole);
    expect(await scratch.run(["normalize", input, "-o", output])).toMatchObject({ ended: 0, stderr: "" });
    expect(Object.keys(scratch.listing()).sort()).toEqual([input, output].sort());
  });

  test("a name that begins with a dash", async () => {
    scratch.write("-a.npy", whole);
    expectRefusal(await scratch.run(["stats", "-a.npy"]), 2, 'unknown option "-a.npy". See normstream stats --help.');
    expect(await scratch.run(["stats", "./-a.npy"])).toMatchObject({ ended: 0, stderr: "" });
    expect(await scratch.run(["normalize", "-o", "-b.npy", "--", "-a.npy"])).toMatchObject({ ended: 0, stderr: "" });
    expect(Object.keys(scratch.listing())).toEqual(["-a.npy", "-b.npy"]);
    expectRefusal(await scratch.run(["stats", "-"]), 3, "standard input: is empty; expected a tensor");
  });
});

describe("standard output and standard error", () => {
  /** Runs the command in a shell, as `"$@"`, and says with which code it ended. */
  async function inShell(script: string, args: readonly string[]) {
    const { stdout, stderr } = await scratch.run(args, { through: ["sh", "-c", script, "sh"] });
    return { stdout, stderr, code: String(scratch.read("code")).trim() };
  }

  test("a reader that goes away is no error: | head -1", async () => {
    scratch.write("a.npy", npyOf([2, 20_000]));
    const args = ["stats", "a.npy", "--json"];
    expect((await scratch.run(args)).stdout.length).toBeGreaterThan(500_000);
    expect(await inShell('{ "$@"; echo $? > code; } | head -1', args)).toEqual({ stdout: "{\n", stderr: "", code: "0" });
  });

  test("standard output is closed: the file is written all the same", async () => {
    scratch.write("a.npy", whole);
    expect(await inShell('"$@" >&-; echo $? > code', ["normalize", "a.npy", "-o", "o.npy"])).toMatchObject({
      stderr: "",
      code: "0",
    });
    expect(Object.keys(scratch.listing())).toContain("o.npy");
  });

  test("standard error is closed: the exit code says it", async () => {
    expect(await inShell('"$@" 2>&-; echo $? > code', ["stats", "none.npy"])).toMatchObject({ stdout: "", code: "4" });
  });

  test.runIf(existsSync("/dev/full"))("a full disk behind standard output", async () => {
    scratch.write("a.npy", whole);
    const stderr = "normstream: cannot write to standard output: no space left on the device\n";
    expect(await inShell('"$@" > /dev/full; echo $? > code', ["stats", "a.npy"])).toEqual({ stdout: "", stderr, code: "4" });
  });
});
