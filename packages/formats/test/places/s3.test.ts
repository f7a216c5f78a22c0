import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { DecodedStorage, NormstreamError } from "@normstream/tensor";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { requestsOf } from "../../src/places/place.js";
import type { RangeRequests } from "../../src/places/range-requests.js";
import { remoteByteSource } from "../../src/places/remote-byte-source.js";
import { openRemoteHeaderSource } from "../../src/places/remote-header-source.js";
import { RETRY_POLICY } from "../../src/places/retry-policy.js";
import { openRegions } from "../../src/regions/region-opening.js";
import { openTensor } from "../../src/tensor-opening.js";

interface S3rver {
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}
const S3rver = createRequire(import.meta.url)("s3rver") as new (options: object) => S3rver;

const QUICK = { ...RETRY_POLICY, attempts: 2, firstDelayMs: 1, idleMs: 5000 };
const folder = mkdtempSync(join(tmpdir(), "normstream-s3-"));
const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255);
let server: S3rver;

const put = (Key: string, Body: Uint8Array) =>
  new S3Client({ forcePathStyle: true }).send(new PutObjectCommand({ Bucket: "data", Key, Body }));
const open = (url: string) => openRemoteHeaderSource(requestsOf(url) as RangeRequests, url, undefined, QUICK);
const failure = (promise: Promise<unknown>): Promise<NormstreamError> =>
  promise.then(
    () => expect.unreachable("it went well"),
    (error) => error,
  );

beforeAll(async () => {
  const options = { port: 0, address: "127.0.0.1", silent: true, directory: folder, configureBuckets: [{ name: "data" }] };
  server = new S3rver(options);
  const { port } = await server.run();
  vi.stubEnv("AWS_ENDPOINT_URL_S3", `http://127.0.0.1:${port}`);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "S3RVER");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "S3RVER");
  vi.stubEnv("AWS_REGION", "us-east-1");
  await put("a folder/x.npy", bytes);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

test("an object is read by ranges from a server of the protocol", async () => {
  await using header = await open("s3://data/a folder/x.npy");
  expect(header.byteLength).toBe(300_000);
  expect(header.identity.etag).toMatch(/^"[0-9a-f]{32}"$/);
  using source = remoteByteSource(requestsOf("s3://data/a folder/x.npy") as RangeRequests, header.identity, QUICK);
  source.expect?.(5, 250_000);
  const target = new Uint8Array(250_000);
  await Promise.all([0, 100_000].map((at) => source.read(target.subarray(at, at === 0 ? 100_000 : undefined), 5 + at)));
  expect(Buffer.compare(target, bytes.subarray(5, 250_005))).toBe(0);
});

test("tables are read from S3: CSV, and Parquet from its footer on", async () => {
  const rows = 3000;
  await put("cars.csv", Buffer.from(`price,year\n${Array.from({ length: rows }, (_, i) => `${i / 2},${i}`).join("\n")}\n`));
  const columns = [
    { name: "price", type: "DOUBLE", data: Float64Array.from({ length: rows }, (_, i) => i / 2) },
    { name: "year", type: "DOUBLE", data: Float64Array.from({ length: rows }, (_, i) => i) },
  ] as const;
  await put("cars.parquet", new Uint8Array(parquetWriteBuffer({ columnData: [...columns] })));
  for (const name of ["cars.csv", "cars.parquet"]) {
    await using source = await openTensor(`s3://data/${name}`);
    expect(source).toMatchObject({ shape: [rows, 2], channelNames: ["price", "year"] });
    using reader = openRegions({ ...source, storage: source.storage as DecodedStorage });
    const target = new Float64Array(2 * 10);
    const region = { sample: 2000, sampleEnd: 2010, channel: 0, channelEnd: 2, position: 0, positionEnd: 1 };
    await reader.read(region, new Uint8Array(target.buffer));
    expect([name, ...target]).toEqual([name, ...Array.from({ length: 10 }, (_, i) => [(2000 + i) / 2, 2000 + i]).flat()]);
  }
});

test("an object that changed is refused", async () => {
  await put("changing.npy", bytes);
  await using header = await open("s3://data/changing.npy");
  await put(
    "changing.npy",
    bytes.map((value) => value ^ 1),
  );
  using source = remoteByteSource(requestsOf("s3://data/changing.npy") as RangeRequests, header.identity, QUICK);
  const error = await failure(source.read(new Uint8Array(10), 100_000) as Promise<number>);
  expect([error.kind, error.message]).toEqual(["io", expect.stringContaining("the object changed after it was opened")]);
});

test("a Zarr array: chunks are objects, and only one that S3 says is not there counts as missing", async () => {
  const document = {
    ...{ zarr_format: 3, node_type: "array", shape: [3, 2, 4], data_type: "uint8", fill_value: 9, attributes: {} },
    chunk_grid: { name: "regular", configuration: { chunk_shape: [1, 2, 4] } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    codecs: [{ name: "bytes" }],
  };
  await put("x.zarr/zarr.json", Buffer.from(JSON.stringify(document)));
  for (const n of [0, 2])
    await put(
      `x.zarr/c/${n}/0/0`,
      Uint8Array.from({ length: 8 }, (_, i) => 10 * n + i),
    );
  await using source = await openTensor("s3://data/x.zarr");
  expect(source).toMatchObject({ format: "zarr", shape: [3, 2, 4], layout: "NCL", name: "s3://data/x.zarr" });
  using reader = openRegions({ ...source, storage: source.storage as DecodedStorage });
  const all = { sample: 0, sampleEnd: 3, channel: 0, channelEnd: 2, position: 0, positionEnd: 4 };
  const values = new Uint8Array(24);
  await reader.read(all, values);
  expect([...values]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, ...Array(8).fill(9), 20, 21, 22, 23, 24, 25, 26, 27]);
  expect(reader.takeMissing?.()).toEqual({ count: 1, first: "1, 0, 0" });
});

test.each([
  ["s3://data/missing.npy", "io", "there is no such object"],
  ["s3://nowhere/x.npy", "io", "there is no such bucket"],
])("%s: %s, %s", async (url, kind, message) => {
  const error = await failure(open(url));
  expect([error.kind, error.message]).toEqual([kind, expect.stringContaining(`${url}: ${message}`)]);
});

test("what is no address of an object", () => {
  expect(() => requestsOf("s3://bucket")).toThrow(/s3:\/\/bucket: is no address of an object. Write s3:\/\/bucket\/key/);
});

test.each([
  [
    "a wrong key",
    { AWS_ACCESS_KEY_ID: "wr0ngKey", AWS_SECRET_ACCESS_KEY: "s3cret" },
    /access is refused \(InvalidAccessKeyId, HTTP 403\)/,
  ],
  ["no key", { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" }, /no credentials for S3 were found\. Set AWS_ACCESS_KEY_ID/],
])("%s ends in one line that does not hold it", async (_, keys, message) => {
  vi.resetModules();
  const others = { AWS_EC2_METADATA_DISABLED: "true", AWS_CONFIG_FILE: folder, AWS_SHARED_CREDENTIALS_FILE: folder };
  for (const [name, value] of Object.entries({ ...keys, ...others })) vi.stubEnv(name, value);
  const url = "s3://data/a folder/x.npy";
  const { requestsOf: fresh } = await import("../../src/places/place.js");
  const error = await failure(openRemoteHeaderSource(fresh(url) as RangeRequests, url, undefined, QUICK));
  expect([error.kind, error.message]).toEqual(["io", expect.stringMatching(message)]);
  expect(error.message).not.toMatch(/wr0ng|s3cret/);
});
