import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { RunStore } from "../src/run-store.js";
import { openRunStore } from "../src/run-store-opening.js";

interface S3rver {
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}
const S3rver = createRequire(import.meta.url)("s3rver") as new (options: object) => S3rver;

const folder = mkdtempSync(join(tmpdir(), "normstream-s3-store-"));
let server: S3rver;
let store: RunStore;

beforeAll(async () => {
  const options = { port: 0, address: "127.0.0.1", silent: true, directory: folder, configureBuckets: [{ name: "runs" }] };
  server = new S3rver(options);
  const { port } = await server.run();
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${port}`);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "S3RVER");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "S3RVER");
  store = await openRunStore("s3://runs/of/this");
});
afterAll(async () => {
  await server.close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const text = (value: string) => new TextEncoder().encode(value);

test("put, get, list, remove", async () => {
  expect(store.name).toBe("s3://runs/of/this");
  expect(await store.get("a/b/c")).toBeUndefined();
  expect(await store.list("a/b")).toEqual([]);
  // s3rver sees no common prefix but that of an object right below it.
  for (const key of ["a/x", "a/b/c", "a/b/d", "a/b/e/f", "z/c"]) await store.put(key, text(key));
  expect(new TextDecoder().decode(await store.get("a/b/c"))).toBe("a/b/c");
  expect([...(await store.list("a/b"))].sort()).toEqual(["c", "d"]);
  expect([...(await store.folders())].sort()).toEqual(["a", "z"]);
  await store.put("ab/c", text("ab/c"));
  await store.remove("a/b/c");
  expect(await store.get("a/b/c")).toBeUndefined();
  await store.remove("a");
  expect(await store.list("a/b")).toEqual([]);
  expect(await store.list("ab")).toEqual(["c"]);
});

test("a bucket that is not there, and what is no place", async () => {
  const none = await openRunStore("s3://none/x");
  await expect(none.put("a", text("a"))).rejects.toThrow(
    /^s3:\/\/none\/x: cannot write to the store of the run: NoSuchBucket, HTTP 404$/,
  );
  await expect(openRunStore("s3://")).rejects.toThrow(/is no place in S3/);
});
