import { expect, test } from "vitest";
import { clusterPlace } from "../src/cluster-place.js";
import { checkServer } from "../src/redis-connection.js";

const place = clusterPlace("redis://queue");
const check = (facts: Readonly<Record<string, string>>) => {
  const notes: string[] = [];
  checkServer(new Map(Object.entries({ redis_version: "7.0.15", aof_enabled: "1", maxmemory: "0", ...facts })), place, (note) => {
    notes.push(note);
  });
  return notes;
};

test("a server that is fit", () => {
  expect(check({})).toEqual([]);
  expect(check({ maxmemory_policy: "allkeys-lru" })).toEqual([]);
  expect(check({ maxmemory_policy: "noeviction", maxmemory: "100" })).toEqual([]);
});

test.each(["5.0.14", "6.0.16", ""])("version %s is too old", (version) => {
  expect(() => check({ redis_version: version })).toThrow(/too old; expected 6\.2 or newer, found/);
});

test("one that removes keys is refused", () => {
  expect(() => check({ maxmemory: "100", maxmemory_policy: "volatile-ttl" })).toThrow(
    /expected maxmemory-policy noeviction, found volatile-ttl/,
  );
});

test("one without an append-only file is noted", () => {
  expect(check({ aof_enabled: "0" })).toEqual([expect.stringContaining("appendonly no")]);
});
