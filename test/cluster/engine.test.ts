import { ClusterEngine, clusterPlace } from "@normstream/cluster";
import { openTensor } from "@normstream/formats";
import { createInlineEngine, engineOf, statisticsOf } from "@normstream/pipeline";
import { createPool } from "normstream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineSuite } from "../engines/engine-suite.js";
import { scratchFolder, sparseNpy } from "./data-files.js";
import { endAll, type Running, startWorker, version } from "./processes.js";
import { type RedisServer, startRedis } from "./redis-server.js";

const scratch = scratchFolder();
const workers: Running[] = [];
let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
  workers.push(...(await Promise.all([startWorker(redis.url), startWorker(redis.url)])));
});
afterAll(async () => {
  await endAll(workers);
  await redis[Symbol.asyncDispose]();
  scratch.remove();
});

const clusterEngine = () => new ClusterEngine({ place: clusterPlace(redis.url), store: scratch.store, version });

engineSuite("cluster", clusterEngine);

describe("one digest", () => {
  test("inline, threads and cluster, whatever the shards", async () => {
    const path = scratch.path("one.npy");
    sparseNpy(path, [600, 3, 64, 64]);
    await using source = await openTensor(path);
    await using pool = createPool({ threads: 2 });
    await using cluster = clusterEngine();
    const digests = new Set<string>();
    for (const engine of [createInlineEngine(), engineOf(pool), cluster]) {
      for (const shardBytes of [undefined, 100_000, 7_000_000]) {
        using statistics = await statisticsOf(source, engine, { shardBytes });
        expect(statistics.facts.engine).toBe(engine.name);
        digests.add(statistics.digest);
      }
    }
    expect(digests.size).toBe(1);
  });

  test("nothing stays in Redis but the records of runs", async () => {
    await using cluster = clusterEngine();
    await using source = await openTensor(scratch.path("one.npy"));
    using _ = await statisticsOf(source, cluster, { shardBytes: 100_000 });
    await cluster[Symbol.asyncDispose]();
    const keys = redis.cli("keys", "*").split("\n");
    expect(keys.filter((key) => !/^normstream:(run|worker)/.test(key))).toEqual([]);
  });
});
