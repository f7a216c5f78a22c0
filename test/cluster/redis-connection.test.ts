import { clusterPlace, connectRedis } from "@normstream/cluster";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RedisServer, startRedis } from "./redis-server.js";

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});

test.each([true, false])("a connection that ends takes those along that were made of it: server up %s", async (isUp) => {
  const connection = await connectRedis(clusterPlace(redis.url));
  const copies = [connection.duplicate(), connection.duplicate()];
  for (const copy of copies) copy.on("error", () => {});
  await Promise.all(copies.map((copy) => copy.ping()));
  await redis.kill();
  await expect.poll(() => copies.map(({ status }) => status)).toEqual(["reconnecting", "reconnecting"]);
  if (isUp) {
    await redis.start();
    await expect.poll(() => copies.map(({ status }) => status)).toEqual(["ready", "ready"]);
  }
  connection.disconnect();
  if (!isUp) await redis.start();
  // Longer than the longest wait between two tries.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  // The one who asks.
  expect(redis.cli("client", "list").split("\n")).toHaveLength(1);
});

test("a server that comes up a little later is waited for, and that is noted", async () => {
  await using late = await startRedis();
  await late.kill();
  const notes: string[] = [];
  const asked = connectRedis(clusterPlace(late.url), (text) => notes.push(text), 10_000);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await late.start();
  const connection = await asked;
  expect(notes).toEqual([`${late.url}: no Redis answers yet: waiting for it`]);
  expect(await connection.ping()).toBe("PONG");
  connection.disconnect();
});
