import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { NormstreamError } from "@normstream/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";
import { requestsOf } from "../../src/places/place.js";
import type { RangeRequests } from "../../src/places/range-requests.js";
import { remoteByteSource } from "../../src/places/remote-byte-source.js";
import { openRemoteHeaderSource } from "../../src/places/remote-header-source.js";
import { delayMs, RETRY_POLICY } from "../../src/places/retry-policy.js";
import { type Fault, faultyServer } from "./faulty-server.js";

const QUICK = { ...RETRY_POLICY, firstDelayMs: 1, longestDelayMs: 5, idleMs: 150, progressBytes: 1 << 12 };

const drawn = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);
const placeOf = (url: string) => requestsOf(url) as RangeRequests;

async function opened(url: string, policy = QUICK) {
  const requests = placeOf(url);
  await using header = await openRemoteHeaderSource(requests, url, undefined, policy);
  return { header, bytes: remoteByteSource(requests, header.identity, policy) };
}

/** The error of a promise that fails. */
const failure = (promise: Promise<unknown>): Promise<NormstreamError> =>
  promise.then(
    () => expect.unreachable("it went well"),
    (error) => error,
  );

test("one request opens an object and reads its header, one more reads what is announced", async () => {
  await using server = await faultyServer(drawn(3_000_000));
  const { header, bytes } = await opened(server.url, { ...QUICK, idleMs: 20_000 });
  expect(header.byteLength).toBe(3_000_000);
  expect(header.identity).toEqual({ size: 3_000_000, mtimeMs: 0, inode: 0, etag: '"one"' });
  expect(await header.read(10, 5)).toEqual(server.bytes.slice(10, 15));
  expect(server.requests.length).toBe(1);
  bytes.expect?.(1000, 2_000_000);
  const target = new Uint8Array(2_000_000);
  for (let at = 0; at < target.length; at += 250_000) {
    expect(await bytes.read(target.subarray(at, at + 250_000), 1000 + at)).toBe(250_000);
  }
  expect(Buffer.compare(target, server.bytes.subarray(1000, 2_001_000))).toBe(0);
  expect(server.requests.map(({ from, to }) => [from, to])).toEqual([
    [0, 65_536],
    [1000, 2_001_000],
  ]);
  expect(server.requests[1]?.headers["if-match"]).toBe('"one"');
  // At the end there are fewer bytes than asked for, and beyond it none.
  expect(await bytes.read(new Uint8Array(10), 2_999_995)).toBe(5);
  expect(await bytes.read(new Uint8Array(10), 3_000_000)).toBe(0);
  bytes[Symbol.dispose]();
});

test("whatever breaks in between, the bytes are those of the object", async () => {
  const fault = fc.oneof(
    fc.record({ kind: fc.constantFrom("reset" as const, "truncate" as const), after: fc.nat(40_000) }),
    fc.record({ kind: fc.constant("stall" as const), after: fc.nat(40_000) }),
    fc.record({ kind: fc.constant("status" as const), status: fc.constantFrom(408, 429, 500, 502, 503, 504) }),
  );
  const run = fc.record({
    length: fc.integer({ min: 1, max: 200_000 }),
    faults: fc.array(fc.option(fault, { nil: undefined }), { maxLength: 4 }),
    cuts: fc.array(fc.nat(200_000), { maxLength: 6 }),
    announce: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(run, async ({ length, faults, cuts, announce }) => {
      await using server = await faultyServer(drawn(length), (index) => faults[index] as Fault | undefined);
      const { bytes } = await opened(server.url);
      if (announce) bytes.expect?.(0, length);
      const target = new Uint8Array(length);
      const edges = [0, ...cuts.map((cut) => cut % length).sort((a, b) => a - b), length];
      const reads = edges.slice(1).map((to, i) => bytes.read(target.subarray(edges[i], to), edges[i] as number));
      await Promise.all(reads);
      expect(Buffer.compare(target, server.bytes)).toBe(0);
      bytes[Symbol.dispose]();
    }),
    { seed: 6, numRuns: 40 },
  );
}, 120_000);

test("a connection that breaks is taken up where it broke, by the same object only", async () => {
  await using server = await faultyServer(drawn(500_000), (i) => (i === 1 ? { kind: "reset", after: 200_000 } : undefined));
  const { bytes } = await opened(server.url, { ...QUICK, idleMs: 20_000 });
  bytes.expect?.(0, 500_000);
  const target = new Uint8Array(500_000);
  await bytes.read(target, 0);
  expect(Buffer.compare(target, server.bytes)).toBe(0);
  expect(server.requests[2]?.from).toBeGreaterThan(0);
  expect(server.requests[2]?.from).toBeLessThanOrEqual(200_000);
  expect(server.requests[2]?.headers["if-match"]).toBe('"one"');
});

test.each([
  ["status", { kind: "status", status: 503 }, "io", /cannot read: HTTP 503, 6 times in a row/],
  ["silence", { kind: "stall", after: 0 }, "io", /no answer for 0\.15 s, 6 times in a row/],
  ["a whole object", { kind: "whole" }, "io", /the server sent the whole object where bytes 0-65535 were asked for/],
  ["another range", { kind: "another range" }, "io", /another range; expected bytes 0-65535 .*, found bytes 1-/],
  ["404", { kind: "status", status: 404 }, "io", /there is no such object \(HTTP 404\)/],
  ["403", { kind: "status", status: 403 }, "io", /access is refused \(HTTP 403\)/],
  ["another status", { kind: "status", status: 418 }, "io", /the server answered HTTP 418/],
] as const)("%s ends in one line", async (_, fault, kind, message) => {
  await using server = await faultyServer(drawn(100_000), () => fault);
  const error = await failure(opened(server.url));
  expect(error).toBeInstanceOf(NormstreamError);
  expect(error.kind).toBe(kind);
  expect(error.message).toMatch(message);
  expect(error.message).toContain(server.url);
});

test("nobody there, an empty object, what is no place", async () => {
  const port = await (async () => {
    await using server = await faultyServer(drawn(1));
    return new URL(server.url).port;
  })();
  const gone = await failure(opened(`http://127.0.0.1:${port}/x`));
  expect([gone.kind, gone.message]).toEqual(["io", expect.stringContaining("ECONNREFUSED")]);
  await using server = await faultyServer(new Uint8Array(0));
  const empty = await failure(opened(server.url));
  expect([empty.kind, empty.message]).toEqual(["data", expect.stringContaining("the object is empty")]);
  expect(() => requestsOf("ftp://host/x.npy")).toThrow(/ftp: is no place that is read from/);
  expect(() => requestsOf("http://")).toThrow(/is no URL/);
  expect(requestsOf("C:\\x.npy")).toBeNull();
  expect(requestsOf("a:b.npy")).toBeNull();
});

test.each([
  ["a server that looks at If-Match", false, '"two"', 100_000],
  ["a server that does not", true, '"two"', 100_000],
  ["another length under the same tag", true, '"one"', 90_000],
])("a changed object is refused: %s", async (_, ignoresConditions, etag, length) => {
  await using server = await faultyServer(drawn(100_000));
  const { bytes } = await opened(server.url);
  Object.assign(server, { ignoresConditions, etag, bytes: drawn(length) });
  const error = await failure(bytes.read(new Uint8Array(1000), 70_000) as Promise<number>);
  expect([error.kind, error.message]).toEqual(["io", expect.stringContaining("the object changed after it was opened")]);
});

test("a weak tag is compared here, since If-Match never matches one", async () => {
  await using server = await faultyServer(drawn(100_000));
  server.etag = 'W/"one"';
  const { bytes } = await opened(server.url);
  expect(await bytes.read(new Uint8Array(1000), 70_000)).toBe(1000);
  expect(server.requests[1]?.headers["if-match"]).toBeUndefined();
  server.etag = 'W/"two"';
  expect((await failure(bytes.read(new Uint8Array(10), 0) as Promise<number>)).kind).toBe("io");
});

test("passwords and signatures are sent, and never said", async () => {
  await using server = await faultyServer(drawn(100), () => ({ kind: "status", status: 403 }));
  const url = server.url.replace("http://", "http://me:s3cr%3At@");
  const error = await failure(opened(`${url}?X-Amz-Signature=abcdef`));
  expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from("me:s3cr:t").toString("base64")}`);
  expect(error.message).not.toMatch(/s3cr|abcdef|me:/);
  expect(placeOf(`${url}?X-Amz-Signature=abcdef`).name).toBe(server.url);
});

test("a slow reader slows the server; a disposed one hangs up", async () => {
  await using server = await faultyServer(new Uint8Array(128 << 20));
  const { bytes } = await opened(server.url, { ...QUICK, idleMs: 20_000 });
  bytes.expect?.(0, 128 << 20);
  await bytes.read(new Uint8Array(1 << 20), 0);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(server.written).toBeLessThan(32 << 20);
  const waiting = failure(bytes.read(new Uint8Array(64 << 20), 1 << 20) as Promise<number>);
  bytes[Symbol.dispose]();
  expect((await waiting).kind).toBe("aborted");
  await expect.poll(() => server.open(), { timeout: 5000 }).toBe(0);
});

test("what is announced is kept until it is read, whatever the garbage collector does", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  await using server = await faultyServer(drawn(8_000_000));
  const { bytes } = await opened(server.url, RETRY_POLICY);
  bytes.expect?.(0, 8_000_000);
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 40));
    collect();
  }
  const target = new Uint8Array(8_000_000);
  await bytes.read(target, 0);
  expect(Buffer.compare(target, server.bytes)).toBe(0);
  expect(server.requests.length).toBe(2);
});

test("waits grow, are bounded, and heed what a server asks for", () => {
  const waits = [1, 2, 3, 4, 5].map((failures) => delayMs(RETRY_POLICY, failures, 0, 1));
  expect(waits).toEqual([250, 500, 1000, 2000, 4000]);
  expect(delayMs(RETRY_POLICY, 1, 0, 0)).toBe(125);
  expect(delayMs(RETRY_POLICY, 1, 3000, 0)).toBe(3000);
  expect(delayMs(RETRY_POLICY, 30, 1e9, 1)).toBe(15_000);
});
