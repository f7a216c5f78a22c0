import { spawnSync } from "node:child_process";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { computeStatistics, createPool, type NormalizeOptions, normalize, openTensor, type TensorSource } from "normstream";
import { afterAll, describe, expect, test } from "vitest";
import { fileWriter } from "../laws/containers.js";
import { npyHead, npyOf } from "../places/npy.js";
import { FILE_INPUTS, THREADS } from "./file-inputs.js";
import { bytesOf, isCounted, movedIn, settledMoved } from "./process-bytes.js";
import { rangeServer } from "./range-server.js";

const pool = createPool({ threads: THREADS });
afterAll(() => pool[Symbol.asyncDispose]());
const { fresh } = fileWriter();

/** Shards are small, so that what they would read of one another's would show. */
const RUN = { pool, shardBytes: 1 << 18, overwrite: true };

/** Beside the data: threads wake one another by bytes in a pipe, the tests' own process says how far it is, folders are listed. */
const BESIDE = 32 * 1024;
/** The most that so many readings, or writings, of each byte may come to. */
const times = (factor: number, bytes: number): number => factor * 1.01 * bytes + BESIDE;

const statisticsOf = async (source: TensorSource) => (await computeStatistics(source, RUN))[Symbol.dispose]();

/** What normalizing into a file moves, and the bytes of that file. */
async function normalizing(source: TensorSource, by: NormalizeOptions["by"], extension = "npy") {
  const output = fresh(extension);
  const moved = await settledMoved(() => normalize(source, { by }).to(output, RUN));
  return { ...moved, outputBytes: bytesOf(output) };
}

function npyFile(shape: readonly number[]): string {
  const path = fresh("npy");
  writeFileSync(path, npyOf(shape, 1));
  return path;
}

describe.skipIf(!isCounted)("bytes read and written, where the system counts them (Linux)", () => {
  describe.each(FILE_INPUTS.map((input) => [input.name, input] as const))("%s", (_, { open, bytes, opening, beside }) => {
    test("opening reads a head", async () => {
      const { read } = await settledMoved(open);
      expect(read).toBeLessThanOrEqual(opening(bytes()) + BESIDE);
    });

    test("statistics read each byte once, and write nothing", async () => {
      const source = await open();
      const { read, written } = await settledMoved(() => statisticsOf(source));
      expect(read).toBeLessThanOrEqual(times(1, bytes()) + beside);
      expect(written).toBeLessThanOrEqual(BESIDE);
    });

    test("complete batch norm reads each byte twice, and writes the output once", async () => {
      const { read, written, outputBytes } = await normalizing(await open(), "batch");
      expect(read).toBeLessThanOrEqual(times(2, bytes()) + 2 * beside);
      expect(written).toBeLessThanOrEqual(times(1, outputBytes));
    });
  });

  test("complete instance norm, and normalizing by known statistics, read each byte once", async () => {
    const input = npyFile([32, 8, 64, 64]);
    const source = await openTensor(input, { layout: "NCHW" });
    using statistics = await computeStatistics(source, RUN);
    for (const by of ["instance", statistics.batchNorm()] as const) {
      const { read, written, outputBytes } = await normalizing(source, by);
      expect(read).toBeLessThanOrEqual(times(1, bytesOf(input)));
      expect(written).toBeLessThanOrEqual(times(1, outputBytes));
    }
  });

  test.each<[extension: string, writings: number]>([
    ["npz", 1],
    ["safetensors", 1],
    ["zarr", 1],
    // It holds column after column: rows wait in a file until all of them are there.
    ["parquet", 2],
  ])("an output in %s is written %i ×", async (extension, writings) => {
    const source = await openTensor(npyFile([65536, 16]), { layout: "NC" });
    const { written, outputBytes } = await normalizing(source, "batch", extension);
    expect(written).toBeLessThanOrEqual(times(writings, outputBytes));
  });

  test("the command reads what a longer file has more, once", () => {
    const [shorter, longer] = [64, 128].map((mebibytes) => commandReads(sparseNpy(mebibytes))) as [number, number];
    expect(longer - shorter).toBeLessThanOrEqual(times(1, 64 * 2 ** 20));
  });
});

const command = fileURLToPath(new URL("../../packages/normstream/bin/normstream.js", import.meta.url));
/** Has a process write down at its end what it read. */
const REPORTER = `data:text/javascript,
  import { readFileSync, writeFileSync } from "node:fs";
  import { isMainThread } from "node:worker_threads";
  if (isMainThread) process.on("exit", () => writeFileSync(process.env.MOVED, readFileSync("/proc/self/io")));`;

function commandReads(input: string): number {
  const report = fresh("txt");
  const args = ["--import", REPORTER, command, "stats", input, "--quiet", "--json", "--threads", String(THREADS)];
  const { status, stderr } = spawnSync(process.execPath, args, { env: { ...process.env, MOVED: report }, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return movedIn(readFileSync(report, "utf8")).read;
}

/** A `.npy` of zeros that take no room on disk. */
function sparseNpy(mebibytes: number): string {
  const path = fresh("npy");
  const head = npyHead([mebibytes * 64, 1, 64, 64]);
  writeFileSync(path, head);
  truncateSync(path, head.length + mebibytes * 2 ** 20);
  return path;
}

test("over HTTP, opening asks for a head, statistics for each byte once, batch norm for each byte twice", async () => {
  const bytes = npyOf([32, 8, 64, 64], 1);
  await using server = await rangeServer(bytes);
  const open = () => openTensor(`${server.url}/x.npy`, { layout: "NCHW" });
  expect(await server.servedBy(open)).toBeLessThanOrEqual(64 * 1024);
  const source = await open();
  const payload = bytes.length - 128;
  expect(await server.servedBy(() => statisticsOf(source))).toBe(payload);
  expect(await server.servedBy(() => normalize(source, { by: "batch" }).to(fresh("npy"), RUN))).toBe(2 * payload);
});
