import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { KeptResults, leafName, nodeName } from "../src/kept-results.js";
import { digestOf, folderRunStore } from "../src/run-store.js";
import { encodeSegment } from "../src/segment.js";
import { keepOn, removeExpired } from "../src/store-expiry.js";

const folder = mkdtempSync(join(tmpdir(), "normstream-store-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const store = folderRunStore(folder);
const text = (value: string) => new TextEncoder().encode(value);

test("put, get, list, remove", async () => {
  expect(await store.get("a/b/c")).toBeUndefined();
  expect(await store.list("a/b")).toEqual([]);
  await store.put("a/b/c", text("one"));
  await store.put("a/b/c", text("two"));
  expect(new TextDecoder().decode(await store.get("a/b/c"))).toBe("two");
  expect(await store.list("a/b")).toEqual(["c"]);
  await store.remove("a");
  expect(await store.get("a/b/c")).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});

test("many at once write one object, whole", async () => {
  await Promise.all(Array.from({ length: 50 }, () => store.put("same/object", text("x".repeat(10_000)))));
  expect(await store.list("same")).toEqual(["object"]);
  expect((await store.get("same/object"))?.length).toBe(10_000);
});

test("what a run kept goes after a week, and what is not a run's stays", async () => {
  await store.put("old/leaf", text("x"));
  await store.put("other/leaf", text("x"));
  await keepOn(store, "old");
  expect(await removeExpired(store)).toEqual([]);
  expect(await removeExpired(store, Date.now() + 8 * 24 * 3600 * 1000)).toEqual(["old"]);
  expect(await store.list("old")).toEqual([]);
  expect(await store.list("other")).toEqual(["leaf"]);
  await store.remove("other");
});

const rect = { block: 0, blockEnd: 1, channel: 0, channelEnd: 1, leaf: 0, leafEnd: 1 };
const segment = (from: number, to: number) =>
  encodeSegment(Array.from({ length: to - from }, (_, i) => ({ index: from + i, rect, bytes: from + i })));

test("results of leaves and of nodes, found again", async () => {
  const [leaf, node] = [segment(0, 3), segment(3, 9)];
  const leafKey = `kept/${leafName(0, 3, digestOf(leaf))}`;
  const nodeKey = `kept/${nodeName(3, 9, digestOf(node))}`;
  await store.put(leafKey, leaf);
  await store.put(nodeKey, node);
  const kept = new KeptResults(store, "kept");
  expect([...(await kept.find())]).toEqual([
    ...[0, 1, 2].map((i) => [i, leafKey]),
    ...[3, 4, 5, 6, 7, 8].map((i) => [i, nodeKey]),
  ]);
  const leaves = [
    { from: 0, to: 3 },
    { from: 5, to: 7 },
    { from: 9, to: 12 },
  ];
  expect([...(await kept.locate(leaves))]).toEqual([
    [0, leafKey],
    [5, nodeKey],
  ]);
  // A leaf that was put together with others meanwhile.
  expect(await kept.take(`kept/${leafName(5, 7, digestOf(leaf))}`, 6)).toMatchObject({ index: 6, bytes: 6 });
  await expect(kept.take(leafKey, 99)).rejects.toThrow(/the result of shard 99 is not in the store/);
});

test("a damaged one is named", async () => {
  const key = `damaged/${leafName(0, 1, digestOf(segment(0, 1)))}`;
  await store.put(key, segment(0, 1));
  writeFileSync(join(folder, key), "damaged");
  await expect(new KeptResults(store, "damaged").take(key, 0)).rejects.toThrow(/a partial result is damaged; expected digest/);
});
