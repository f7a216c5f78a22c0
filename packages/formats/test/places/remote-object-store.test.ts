import type { NormstreamError, StoredTensor } from "@normstream/tensor";
import { expect, test } from "vitest";
import { assertObjectsUnchanged } from "../../src/places/object-states.js";
import { remoteStore } from "../../src/places/remote-object-store.js";
import { RETRY_POLICY } from "../../src/places/retry-policy.js";
import type { ReadObject } from "../../src/regions/region-reader.js";
import { type Fault, faultyServer } from "./faulty-server.js";

const QUICK = { ...RETRY_POLICY, attempts: 4, firstDelayMs: 1, idleMs: 200 };
const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255);

test.each<Fault>([
  { kind: "stall", after: 1000 },
  { kind: "reset", after: 1000 },
  { kind: "truncate", after: 1000 },
  { kind: "status", status: 503 },
])("an object of a far folder comes whole, whatever breaks once: %j", async (fault) => {
  await using server = await faultyServer(bytes, (index) => (index === 0 ? fault : undefined));
  using store = remoteStore(server.url, QUICK);
  expect(Buffer.compare((await store.get("c/0/0")) as Uint8Array, bytes)).toBe(0);
});

test("an object that changes while it is read is refused, never a mixture", async () => {
  await using server = await faultyServer(bytes, (index) => {
    if (index === 0) return { kind: "truncate", after: 100_000 };
    server.bytes = bytes.map((byte) => byte ^ 1);
    server.etag = '"2"';
    return undefined;
  });
  server.etag = '"1"';
  using store = remoteStore(server.url, QUICK);
  await expect(store.get("c/0/0")).rejects.toThrow("the object changed after it was opened");
});

const failure = (promise: Promise<void>): Promise<NormstreamError | undefined> =>
  promise.then(
    () => undefined,
    (error) => error,
  );

test("what was read is asked for once, by a byte; what has changed, gone or come is told", async () => {
  await using server = await faultyServer(bytes, (index) => (gone(index) ? { kind: "status", status: 404 } : undefined));
  let gone = (_: number) => false;
  server.etag = '"1"';
  const details = { root: `${server.url}?signature=x` };
  const source = {
    name: "x",
    shape: [1, 1],
    storage: { kind: "decoded", path: details.root, details },
  } as unknown as StoredTensor;
  const object = (key: string, etag: string | null): ReadObject => ({
    place: server.url,
    key,
    identity: etag === null ? null : { size: bytes.length, mtimeMs: 0, inode: 0, etag },
  });
  const check = (...states: ReadObject[]) => failure(assertObjectsUnchanged(source, states, { policy: QUICK }));
  expect(await check(object("a", '"1"'), object("b", '"1"'), object("a", '"1"'))).toBeUndefined();
  expect(server.requests.map(({ from, to }) => [from, to])).toEqual([
    [0, 1],
    [0, 1],
  ]);
  expect(await check(object("a", '"1"'), object("a", '"2"'))).toMatchObject({
    kind: "usage",
    details: { file: `${server.url}/a` },
  });
  expect(await check(object("a", '"2"'))).toMatchObject({ kind: "usage", details: { file: `${server.url}/a` } });
  expect(await check(object("a", null))).toMatchObject({ kind: "usage", details: { file: `${server.url}/a` } });
  gone = () => true;
  expect(await check(object("a", null))).toBeUndefined();
  expect(await check(object("a", '"1"'))).toMatchObject({ kind: "usage", details: { file: `${server.url}/a` } });
  // A place that does not answer is no place that has changed.
  gone = () => false;
  await server[Symbol.asyncDispose]();
  expect(await check(object("a", '"1"'))).toMatchObject({ kind: "io" });
});
