import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { badInputs } from "./bad-inputs.js";
import { expectRefusal } from "./command.js";
import { deflatedNpz, npy, npyOf, zip } from "./file-bytes.js";
import { scratchFolder } from "./scratch.js";

const scratch = scratchFolder();

/** An output that is there and would be replaced. */
const earlier = npyOf([2, 2]);

describe("an input that is no tensor, or does not fit, is refused in one line", () => {
  test.each(badInputs)("$name", async ({ files, args = [], code, line }) => {
    for (const [name, bytes] of Object.entries(files)) scratch.write(name, bytes);
    scratch.write("out.npy", earlier);
    const before = scratch.listing();
    const [input = ""] = Object.keys(files);
    const outcome = await scratch.run(["normalize", input, ...args, "-o", "out.npy", "--overwrite", "--quiet"]);
    expectRefusal(outcome, code, line);
    expect(scratch.listing()).toEqual(before);
  });

  const alike = [
    "npy: a shape whose product overflows 64 bits",
    "npz: a name that climbs out",
    "npz: a checksum of other bytes",
    "safetensors: tensors that overlap",
    "gzip: cut",
    "idx: cut",
    "0 samples",
    "NaN under the policy error",
    "a channel axis that the layout lacks",
  ];
  test.each(badInputs.filter(({ name }) => alike.includes(name)))(
    "stats says the same: $name",
    async ({ files, args = [], code, line }) => {
      for (const [name, bytes] of Object.entries(files)) scratch.write(name, bytes);
      scratch.write("table.npz", earlier);
      const before = scratch.listing();
      const outcome = await scratch.run([
        "stats",
        Object.keys(files)[0] ?? "",
        ...args,
        "-o",
        "table.npz",
        "--overwrite",
        "--json",
        "--quiet",
      ]);
      expectRefusal(outcome, code, line);
      expect(scratch.listing()).toEqual(before);
    },
  );

  test("info says what the header says of a dtype that is not supported", async () => {
    scratch.write("a.npy", npy(new Uint8Array(8), { descr: "'<c8'", shape: "(1,)" }));
    const { ended, stdout, stderr } = await scratch.run(["info", "a.npy"]);
    expect({ ended, stderr }).toEqual({ ended: 0, stderr: "" });
    expect(stdout).toContain("dtype complex64 is not supported");
    expectRefusal(await scratch.run(["info", "b.npy"]), 4, "b.npy: cannot open: no such file or folder");
  });
});

describe("what is no regular file is refused at once", () => {
  const FIFO = "is a pipe (FIFO), not a regular file. Save its data to a file first.";
  const DEVICE = "is a device, not a regular file. Save its data to a file first.";
  const cases: readonly (readonly [name: string, make: () => void, path: string, line: string])[] = [
    ["nothing", () => {}, "none.npy", "none.npy: cannot open: no such file or folder"],
    ["a FIFO that nobody writes to", () => execFileSync("mkfifo", [scratch.path("a.npy")]), "a.npy", `a.npy: ${FIFO}`],
    ["a device without end", () => {}, "/dev/zero", `/dev/zero: ${DEVICE}`],
    [
      "a path through a file",
      () => scratch.write("a", ""),
      "a/b.npy",
      "a/b.npy: cannot open: a part of the path is not a folder",
    ],
    [
      "a link to itself",
      () => symlinkSync("a.npy", scratch.path("a.npy")),
      "a.npy",
      "a.npy: cannot open: the symbolic link leads back to itself",
    ],
    ["a name that is too long", () => {}, `${"x".repeat(256)}.npy`, `${"x".repeat(256)}.npy: cannot open: the name is too long`],
  ];
  test.each(cases)("%s", async (_, make, path, line) => {
    make();
    scratch.write("v.npy", npyOf([4, 2]));
    const before = scratch.listing();
    expectRefusal(await scratch.run(["stats", path]), 4, line);
    expectRefusal(await scratch.run(["normalize", "v.npy", "--weight", path, "-o", "out.npy"]), 4, line);
    expect(scratch.listing()).toEqual(before);
  });

  test("a socket", async () => {
    const server = createServer().listen(scratch.path("a.npy"));
    await new Promise((resolve) => server.once("listening", resolve));
    expectRefusal(
      await scratch.run(["stats", "a.npy"]),
      4,
      "a.npy: is a socket, not a regular file. Save its data to a file first.",
    );
    await new Promise((resolve) => server.close(resolve));
  });
});

describe.runIf(process.platform === "linux")("packed data cannot take more memory than it is given", () => {
  /** Runs a command, and says how much memory its process took at most. */
  async function peakOf(args: readonly string[]) {
    // Of this process image alone; `maxRSS` would count the process that started it.
    const hook = `import { readFileSync, writeFileSync } from "node:fs"; process.on("exit", () => writeFileSync("status", readFileSync("/proc/self/status")));`;
    const outcome = await scratch.run(args, { nodeArgs: ["--import", `data:text/javascript,${encodeURIComponent(hook)}`] });
    return { outcome, peakBytes: Number(/VmHWM:\s+(\d+) kB/.exec(String(scratch.read("status")))?.[1]) * 1024 };
  }
  const MEMORY = 16e6;
  /** Node itself, the kernels and the zlib streams: 110 to 125 MB. What is unpacked has 200 MB. */
  const NODE_BYTES = 140e6;

  test.each([
    ["statistics", ["stats", "a.npz"]],
    ["statistics in shards of any size", ["stats", "a.npz", "--shard-bytes", "1TB"]],
    ["normalizing, planes at a time", ["normalize", "a.npz", "-o", "out.npy", "--norm", "instance", "--out-dtype", "f16"]],
  ])("%s of 200 MB of zeros in 200 kB", { timeout: 90_000 }, async (_, args) => {
    scratch.write("a.npz", deflatedNpz(npy(new Uint8Array(200e6), { shape: "(2, 1, 5000, 5000)" })));
    const { outcome, peakBytes } = await peakOf([...args, "--memory", String(MEMORY), "--threads", "2", "--quiet"]);
    expect(outcome).toMatchObject({ ended: 0, stderr: "" });
    expect(peakBytes).toBeLessThan(MEMORY + NODE_BYTES);
  });

  test("a member that unpacks to more than it says", async () => {
    const data = npyOf([4, 3]);
    const bomb = zip([
      { name: "data.npy", data: Buffer.concat([data, new Uint8Array(300e6)]), deflate: true, byteLength: data.length },
    ]);
    scratch.write("a.npz", bomb);
    const { outcome, peakBytes } = await peakOf(["stats", "a.npz"]);
    expect(outcome.ended).toBe(3);
    expect(outcome.stderr).toContain("more data follows than the header says");
    expect(peakBytes).toBeLessThan(NODE_BYTES);
  });
});
