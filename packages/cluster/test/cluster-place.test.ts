import { expect, test } from "vitest";
import { clusterPlace, isClusterUrl, withoutPasswords } from "../src/cluster-place.js";
import { redisError } from "../src/redis-error.js";

test.each([
  ["redis://queue", {}, "redis://queue:6379", { host: "queue", port: 6379, db: 0 }],
  ["redis://queue:7000/3", {}, "redis://queue:7000/3", { host: "queue", port: 7000, db: 3 }],
  ["redis://[::1]:7000", {}, "redis://[::1]:7000", { host: "::1", port: 7000, db: 0 }],
  ["redis://me:p%40ss@queue", {}, "redis://queue:6379", { username: "me", password: "p@ss" }],
  [
    "redis://queue",
    { NORMSTREAM_REDIS_PASSWORD: "word", NORMSTREAM_REDIS_USERNAME: "me" },
    "redis://queue:6379",
    { password: "word", username: "me" },
  ],
  ["rediss://queue", {}, "rediss://queue:6379", { tls: { servername: "queue" } }],
  ["rediss://queue", { NORMSTREAM_REDIS_CA: "ca.pem" }, "rediss://queue:6379", { tls: { servername: "queue", ca: "ca.pem?" } }],
])("%s", (url, environment, name, options) => {
  expect(clusterPlace(url, environment, (path) => `${path}?`)).toMatchObject({ name, options });
});

test.each(["redis://", "redis://:secret@h:99999", "http://:secret@h", "redis://h/x", "redis://h/-1", "redis://h?a=secret"])(
  "%s is refused, and not repeated",
  (url) => {
    expect(() => clusterPlace(url)).toThrow(/^--engine: /);
    expect(() => clusterPlace(url)).not.toThrow(/secret/);
  },
);

test("what is a cluster's URL", () => {
  expect(["redis://h", "rediss://h", "threads", "http://h"].map(isClusterUrl)).toEqual([true, true, false, false]);
});

test("passwords go, the rest stays", () => {
  expect(withoutPasswords("--engine=redis://me:p@h:1/2 and https://a:b@c/d")).toBe("--engine=redis://h:1/2 and https://c/d");
});

test.each([
  ["WRONGPASS invalid username-password pair", "usage", /refuses the password/],
  ["NOAUTH Authentication required.", "usage", /wants a password/],
  ["OOM command not allowed when used memory > 'maxmemory'.", "io", /is full/],
  ["MISCONF Redis is configured to save RDB snapshots", "io", /cannot write to its disk/],
  ["READONLY You can't write against a read only replica.", "io", /is a replica/],
  ["ERR max number of clients reached", "io", /no more clients/],
  ["connect failed for redis://me:secret@h", "io", /^redis:\/\/h:1: Redis fails: connect failed for redis:\/\/h$/],
])("%s", (message, kind, line) => {
  const error = redisError(new Error(message), { name: "redis://h:1" });
  expect(error).toMatchObject({ kind, message: expect.stringMatching(line) });
});
