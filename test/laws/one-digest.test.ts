import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { encodeSafetensors } from "@normstream/formats";
import { computeStatistics, type OpenOptions, openTensor, type TensorSource } from "normstream";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { tiffBytes } from "../formats/tiff-file.js";
import { ipc, listTable, parquet } from "../formats/written-tables.js";
import { type Container, fileWriter } from "./containers.js";
import { sharedPools } from "./engines.js";
import { dataOf } from "./sample-data.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const files = fileWriter();
const poolOf = sharedPools();

/** The first images of Fashion-MNIST: real pixels, 28 × 28 bytes each. */
const COUNT = 400;
const pixels = gunzipSync(readFileSync(join(root, "examples", "fashion-mnist", "t10k-images-idx3-ubyte.gz"))).subarray(
  16,
  16 + COUNT * 784,
);
const data = dataOf("uint8", [COUNT, 1, 784], Float64Array.from(pixels));

async function digestOf(source: TensorSource): Promise<string | null> {
  await using opened = source;
  // Small shards, so that chunks and planes are cut where they can be.
  using statistics = await computeStatistics(opened, { pool: poolOf({ threads: 2 }), shardBytes: 60_000, perInstance: true });
  return statistics.digest;
}

const written = async (extension: string, bytes: Uint8Array, options: OpenOptions = {}) => {
  const path = files.fresh(extension);
  writeFileSync(path, bytes);
  return await digestOf(await openTensor(path, options));
};

let expected: string | null;
let npyPath: string;
beforeAll(async () => {
  const source = await files.open("npy", data, { layout: "NCL" });
  npyPath = source.name;
  expected = await digestOf(source);
  expect(expected).toMatch(/^[0-9a-f]{64}$/);
});

const CONTAINERS: readonly (readonly [Container, boolean])[] = [
  ...(["npz stored", "npz deflated", "safetensors", "npy parts", "png folder", "png tars", "npy tar"] as const).map(
    (container) => [container, false] as const,
  ),
  ...(["idx", "idx gzip"] as const).map((container) => [container, true] as const),
  ...(["zarr 2", "zarr 3", "zarr 3 sharded", "hdf5", "hdf5 chunked"] as const).map((container) => [container, false] as const),
];
test.each(CONTAINERS)("%s", async (container, bigEndian) => {
  expect(await digestOf(await files.open(container, data, { layout: "NCHW", bigEndian }))).toBe(expected);
});

test("Arrow and Parquet, a column of lists of fixed size that carries its shape", async () => {
  const table = listTable("uint8", Uint8Array.from(pixels), [28, 28], { rowsPerBatch: 70 });
  for (const format of ["file", "stream"] as const) {
    expect(await written("arrow", ipc(table, format), { layout: "NHW" })).toBe(expected);
  }
  expect(await written("parquet", parquet(table, { rowsPerGroup: 90 }), { layout: "NHW" })).toBe(expected);
});

test("shards of safetensors with their index", async () => {
  const folder = files.fresh("shards");
  mkdirSync(folder);
  const weightMap: Record<string, string> = {};
  for (let i = 0; i < 4; i++) {
    const name = `x-0000${i + 1}-of-00004`;
    const shape = [COUNT / 4, 28, 28];
    const bytes = pixels.subarray(i * 784 * (COUNT / 4), (i + 1) * 784 * (COUNT / 4));
    weightMap[name] = `part${i}.safetensors`;
    writeFileSync(join(folder, `part${i}.safetensors`), encodeSafetensors([{ name, shape, dtype: "uint8", bytes }]));
  }
  writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map: weightMap }));
  expect(await digestOf(await openTensor(folder, { layout: "NHW" }))).toBe(expected);
});

test("a folder of GeoTIFF files", async () => {
  const folder = files.fresh("rasters");
  mkdirSync(folder);
  for (let n = 0; n < COUNT; n++) {
    const value = (_: number, y: number, x: number) => pixels[n * 784 + y * 28 + x] as number;
    const options = { width: 28, height: 28, bands: 1, type: "u1", value, tile: [16, 16], deflate: true } as const;
    writeFileSync(join(folder, `${String(n).padStart(4, "0")}.tif`), tiffBytes(options));
  }
  expect(await digestOf(await openTensor(folder))).toBe(expected);
});

test("HTTP", async () => {
  const bytes = readFileSync(npyPath);
  const server = createServer((request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const part = bytes.subarray(Number(from), Number(to) + 1);
    const range = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`;
    response.writeHead(206, { etag: '"1"', "content-range": range, "content-length": part.length }).end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.npy`;
    expect(await digestOf(await openTensor(url, { layout: "NCL" }))).toBe(expected);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("standard input", () => {
  const command = join(root, "packages", "normstream", "bin", "normstream.js");
  const args = [command, "stats", "-", "--layout", "NCL", "--norm", "instance", "--json", "--quiet"];
  const { status, stdout } = spawnSync(process.execPath, args, { input: readFileSync(npyPath), maxBuffer: 1e8 });
  expect(status).toBe(0);
  expect(JSON.parse(String(stdout)).digest).toBe(expected);
});

/** A server of S3's protocol, which is the readers' own tests' too. */
const requireOfFormats = createRequire(join(root, "packages", "formats", "package.json"));
interface S3rver {
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}
let s3: S3rver | undefined;
afterAll(async () => s3?.close());

test("S3", async () => {
  const Server = requireOfFormats("s3rver") as new (options: object) => S3rver;
  const { PutObjectCommand, S3Client } = requireOfFormats("@aws-sdk/client-s3");
  const directory = files.fresh("s3");
  mkdirSync(directory);
  s3 = new Server({ port: 0, address: "127.0.0.1", silent: true, directory, configureBuckets: [{ name: "data" }] });
  const { port } = await s3.run();
  vi.stubEnv("AWS_ENDPOINT_URL_S3", `http://127.0.0.1:${port}`);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "S3RVER");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "S3RVER");
  vi.stubEnv("AWS_REGION", "us-east-1");
  const client = new S3Client({ forcePathStyle: true });
  await client.send(new PutObjectCommand({ Bucket: "data", Key: "x.npy", Body: readFileSync(npyPath) }));
  const source = await openTensor("s3://data/x.npy", { layout: "NCL" });
  using statistics = await computeStatistics(source, { perInstance: true });
  expect(statistics.digest).toBe(expected);
});
