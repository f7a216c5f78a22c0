import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { commandFolder } from "./command-line.js";
import { bytesOf, sampleValues, writeArchive, writeSample } from "./sample-files.js";

const at = commandFolder();

beforeAll(async () => {
  writeSample(at.path("images.npy"), [10, 3, 16, 16]);
  writeSample(at.path("vector.npy"), [5]);
  writeFileSync(at.path("raw.bin"), bytesOf(sampleValues(48)));
  await writeArchive(at.path("two.npz"), { features: [6, 4], labels: [6] });
  const idx = Buffer.alloc(16 + 4 * 9);
  idx.writeUInt16BE(0x0803, 2);
  for (const [i, extent] of [4, 3, 3].entries()) idx.writeUInt32BE(extent, 4 + 4 * i);
  writeFileSync(at.path("digits.idx3-ubyte.gz"), gzipSync(idx));
  await at.ok("stats images.npy --shard 1/2 -o part.npz");
});

describe("what people read", () => {
  test.each([
    ["images.npy --threads 2", "npy"],
    ["images.npy --layout NHWC --engine inline --memory 20MB", "layout"],
    ["two.npz", "npz"],
    ["two.npz --select features", "selected"],
    ["vector.npy", "vector"],
    ["raw.bin --shape 4,3,2,2 --dtype >f4", "raw"],
    ["digits.idx3-ubyte.gz", "idx"],
    ["part.npz", "table"],
  ])("info %s", async (line, golden) => {
    // What buffers take follows the plans of the pipeline, whose own tests hold them.
    const text = (await at.ok(`info ${line}`)).replace(/up to [\d.]+ kB/, "up to B kB").replace(/up to [\d.]+ MB/, "up to B MB");
    const of = text
      .replace(/npz, [\d.]+ kB/, "npz, F kB")
      .replace(/computed {2}\S+ by normstream \S+ on Node \S+/, "computed  T by normstream V on Node V");
    await expect(of.replace(/digest [0-9a-f]{64}$/m, "digest D")).toMatchFileSnapshot(`goldens/info-${golden}.txt`);
  });
});

test("the JSON document", async () => {
  const d = await at.json("info images.npy --threads 2");
  expect(d).toEqual({
    schema: "normstream/info/1",
    input: "images.npy",
    format: "npy",
    fileBytes: 128 + 4 * 7680,
    tensors: [
      {
        ...{ name: null, shape: [10, 3, 16, 16], dtype: "float32", order: "C", bigEndian: false },
        ...{ bytes: 30720, packing: "stored", files: null, problem: null },
      },
    ],
    tensor: {
      ...{ name: "images.npy", shape: [10, 3, 16, 16], dtype: "float32", layout: "NCHW", order: "C", bigEndian: false },
      ...{ samples: 10, channels: 3, planeSize: 256, bytes: 30720 },
    },
    plan: { engine: "threads", threads: 2, memoryBytes: 512e6, shards: expect.any(Number), projectedBytes: expect.any(Number) },
    table: null,
    problem: null,
  });
});

test("what cannot be opened is listed, and refused where it is asked for", async () => {
  expect(await at.json("info two.npz")).toMatchObject({ tensor: null, plan: null, problem: expect.stringContaining("--select") });
  expect(await at.json("info part.npz")).toMatchObject({ table: { samples: 5, firstSample: 5, totalSamples: 10 } });
  await at.fails("info two.npz --select labels", 2, "labels", "rank 1");
  await at.fails("info nothing.npy", 4, "nothing.npy", "no such file");
});
