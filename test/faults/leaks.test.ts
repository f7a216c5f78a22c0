import { execFileSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, readdirSync } from "node:fs";
import {
  computeStatistics,
  createPool,
  type NormalizeOptions,
  NormstreamError,
  normalize,
  openTensor,
  type Pool,
} from "normstream";
import { expect, test } from "vitest";
import { changed, deflatedNpz, npy, npyOf, safetensors, writeSparseNpy, zip } from "./file-bytes.js";
import { scratchFolder } from "./scratch.js";

const scratch = scratchFolder();

const descriptors = () => readdirSync("/proc/self/fd").length;
const at = scratch.path;

/** Calls that fail, each in a way of its own. */
function failingCalls(pool: Pool): Readonly<Record<string, () => Promise<unknown>>> {
  const stats = async (file: string, options: Parameters<typeof computeStatistics>[1] = {}) =>
    computeStatistics(await openTensor(at(file)), { pool, ...options });
  const normalized = async (file: string, output: string, options: Partial<NormalizeOptions> = {}, signal?: AbortSignal) =>
    normalize(await openTensor(at(file)), { by: "instance", ...options }).to(at(output), { pool, overwrite: true, signal });
  return {
    "no file": () => openTensor(at("none.npy")),
    "a folder": () => openTensor(at("folder")),
    "a FIFO": () => openTensor(at("fifo")),
    "a cut file": () => openTensor(at("cut.npy")),
    "a damaged archive": () => openTensor(at("cut.npz")),
    "a damaged header": () => openTensor(at("bad.safetensors")),
    "a layout that does not fit": () => openTensor(at("a.npy"), { layout: "NC" }),
    "a checksum of other bytes": () => stats("checksum.npz"),
    "a corrupt stream": () => stats("corrupt.npz"),
    "a corrupt stream that is unpacked to disk": () => stats("fortran.npz"),
    "no samples": () => stats("empty.npy"),
    NaN: () => stats("nan.npy", { nan: "error" }),
    "a signal before the start": () => stats("a.npy", { signal: AbortSignal.abort() }),
    "a signal in the middle": () => stats("sparse.npy", { signal: AbortSignal.timeout(25) }),
    "a signal in the middle of normalizing": () => normalized("sparse.npy", "o.npy", {}, AbortSignal.timeout(25)),
    "NaN while normalizing": () => normalized("nan.npy", "o.npy", { nan: "error" }),
    "a weight of the wrong length": () => normalized("a.npy", "o.npy", { weight: [1, 2] }),
    "an unknown extension": () => normalized("a.npy", "o.txt"),
    "an output that is the input": () => normalized("a.npy", "link.npy"),
    "a folder that is missing": () => normalized("a.npy", "none/o.npy"),
    "a corrupt stream while normalizing": () => normalized("corrupt.npz", "o.npy"),
    "no eps": () => normalized("constant.npy", "o.npy", { by: "batch", eps: 0 }),
    "running statistics of the wrong length": () => normalized("a.npy", "o.npy", { by: { runningMean: [1], runningVar: [1] } }),
    "a shard size that is none": () => stats("a.npy", { shardBytes: Number.NaN }),
    "a batch size that is none": () => stats("a.npy", { batchSize: -1 }),
  };
}

function writeInputs(): void {
  const whole = npyOf([4, 3, 2, 2]);
  const big = npyOf([64, 4, 32, 32]);
  scratch.write("a.npy", whole);
  linkSync(at("a.npy"), at("link.npy"));
  mkdirSync(at("folder"));
  execFileSync("mkfifo", [at("fifo")]);
  scratch.write("cut.npy", whole.subarray(0, -1));
  scratch.write("cut.npz", deflatedNpz(whole).subarray(0, -10));
  scratch.write("bad.safetensors", safetensors("{", new Uint8Array(8)));
  scratch.write("checksum.npz", zip([{ name: "a.npy", data: big, deflate: true, crc: 1 }]));
  const packed = deflatedNpz(big);
  scratch.write("corrupt.npz", changed(packed, Math.floor(packed.length / 2), 0xff, 0xff, 0xff, 0xff, 0xff));
  const fortran = npy(big.subarray(-64 * 4 * 32 * 32 * 4), { shape: "(64, 4, 32, 32)", order: "True" });
  scratch.write("fortran.npz", zip([{ name: "a.npy", data: fortran, deflate: true, crc: 1 }]));
  scratch.write("empty.npy", npyOf([0, 3]));
  scratch.write("nan.npy", npyOf([2, 1, 2, 2], [1, 2, 3, Number.NaN, 5, 6, 7, 8]));
  scratch.write("constant.npy", npyOf([3, 1], [5, 5, 5]));
  writeSparseNpy(at("sparse.npy"), [4000, 4, 1000, 1000]);
  chmodSync(at("a.npy"), 0o644);
}

// An unhandled rejection anywhere in here fails the run of this file.
test.runIf(process.platform === "linux").each([0, 2])(
  "calls that fail leak nothing: %d threads",
  { timeout: 90_000 },
  async (threads) => {
    writeInputs();
    process.env.TMPDIR = scratch.folder;
    await using pool = createPool({ threads });
    const calls = failingCalls(pool);
    const failures = async () => {
      for (const [name, call] of Object.entries(calls)) {
        const failure = await call().then(
          () => `${name}: no error`,
          (error: unknown) => error,
        );
        expect(failure, name).toBeInstanceOf(NormstreamError);
        expect(["usage", "data", "io", "aborted"], `${name}: ${failure}`).toContain((failure as NormstreamError).kind);
        expect((failure as Error).message, name).not.toContain("\n");
      }
    };
    // The first round loads what is loaded late.
    await failures();
    const [before, files] = [descriptors(), scratch.listing()];
    await failures();
    await failures();
    // A FileHandle closes on a thread of its own.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(descriptors()).toBe(before);
    expect(scratch.listing()).toEqual(files);
    expect(Object.keys(files).filter((name) => /partial|replaced|tmp/.test(name))).toEqual([]);
    using statistics = await computeStatistics(await openTensor(at("a.npy")), { pool });
    expect(statistics.samples).toBe(4);
  },
);
