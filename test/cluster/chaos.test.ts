import { afterAll, beforeAll, expect, test } from "vitest";
import { scratchFolder, sparseNpy } from "./data-files.js";
import { hasNetworks, makeNetwork, type Network } from "./network.js";
import { type Ended, endAll, type Running, run, start, startWorker } from "./processes.js";
import { type RedisServer, startRedis } from "./redis-server.js";

// What goes wrong on a cluster, at random times, seeded: CHAOS_RUNS=50 of them, from CHAOS_SEED on.
const RUNS = Number(process.env.CHAOS_RUNS ?? 50);
const FIRST = Number(process.env.CHAOS_SEED ?? 1);
const WORKERS = 3;
/** So that a worker that is paused loses its lock soon. */
const WORKER_ARGS = ["--lock", "1", "--quiet"];
const PAUSE_MS = 2500;

const scratch = scratchFolder();
const networks: Network[] = [];
let redis: RedisServer;
let digest: string;
const workers: (Running | undefined)[] = [];
/** All that were started, those too in whose place another one stands. */
const started: Running[] = [];

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const isAlive = (running: Running | undefined): running is Running =>
  running !== undefined && running.child.exitCode === null && running.child.signalCode === null;

/** A worker of its own address, or one of this machine where it gives us no namespaces; the last one is always of this machine. */
async function startOne(i: number): Promise<Running> {
  const network = networks[i];
  const url = network ? redis.url.replace("127.0.0.1", network.host) : redis.url;
  const worker = start(
    ["worker", "--engine", url, "--threads", "1", ...WORKER_ARGS],
    network ? { through: network.through } : {},
  );
  const before = workers[i];
  if (isAlive(before)) before.child.kill("SIGKILL");
  workers[i] = worker;
  started.push(worker);
  return worker;
}

beforeAll(async () => {
  if (hasNetworks()) for (let i = 0; i < WORKERS - 1; i++) networks.push(makeNetwork(i));
  redis = await startRedis(["--appendfsync", "everysec"]);
  sparseNpy(scratch.path("x.npy"), [16_000, 3, 64, 64], 1 << 20);
  const alone = await run(["stats", "x.npy", "--json", "--norm", "instance", "-o", "alone.npz"], { cwd: scratch.folder });
  digest = JSON.parse(alone.stdout).digest;
});
afterAll(async () => {
  await endAll(started);
  for (const network of networks) network[Symbol.dispose]();
  await redis[Symbol.asyncDispose]();
  scratch.remove();
});

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test.each(Array.from({ length: RUNS }, (_, i) => FIRST + i))("seed %d", async (seed) => {
  const random = randomOf(seed);
  const pick = (n: number) => Math.floor(random() * n);
  for (let i = 0; i < WORKERS; i++) if (!isAlive(workers[i])) await startOne(i);
  const command = [
    ...["stats", "x.npy", "--json", "--norm", "instance", "-o", "x.npz", "--overwrite", "--shard-bytes", "400000"],
    ...["--engine", redis.url, "--store", scratch.store, "--run", `chaos-${seed}`, "--patience", "15"],
  ];
  let coordinator = start(command, { cwd: scratch.folder });
  const told: string[] = [];
  const mending: Promise<void>[] = [];
  let ended: Ended | undefined;
  const watch = async (running: Running) => {
    const outcome = await running.ended;
    if (running === coordinator) ended = outcome;
  };
  void watch(coordinator);
  for (let event = 0; event < 12 && !ended; event++) {
    await wait(100 + pick(500));
    if (ended) break;
    const i = pick(WORKERS);
    const worker = workers[i];
    switch (pick(6)) {
      case 0:
        told.push(`kill ${i}`);
        if (isAlive(worker)) worker.child.kill("SIGKILL");
        if (random() < 0.8) mending.push(wait(300 + pick(1500)).then(async () => void (await startOne(i))));
        break;
      case 1:
        told.push(`pause ${i}`);
        if (isAlive(worker)) {
          worker.child.kill("SIGSTOP");
          mending.push(wait(PAUSE_MS).then(() => void worker.child.kill("SIGCONT")));
        }
        break;
      case 2:
        told.push(`cut ${i}`);
        networks[i]?.cut();
        mending.push(wait(500 + pick(3000)).then(() => networks[i]?.mend()));
        break;
      case 3:
        told.push("restart redis");
        await redis.kill(random() < 0.5 ? "SIGKILL" : "SIGTERM");
        await wait(pick(1000));
        await redis.start();
        break;
      case 4: {
        told.push("kill coordinator");
        const killed = coordinator;
        // The next one is the run's from here on.
        coordinator = { ...killed };
        killed.child.kill("SIGKILL");
        await killed.ended;
        coordinator = start(command, { cwd: scratch.folder });
        void watch(coordinator);
        break;
      }
      default:
        break;
    }
  }
  await Promise.all(mending);
  const outcome = await coordinator.ended;
  const line = outcome.stderr.trimEnd().split("\n").at(-1) ?? "";
  const isAnyLeft = workers.some(isAlive);
  if (outcome.code !== 0 && !isAnyLeft) {
    expect({ code: outcome.code, line }, told.join(", ")).toEqual({
      code: 4,
      line: expect.stringContaining("no worker is there"),
    });
    return;
  }
  expect({ code: outcome.code, line: outcome.code === 0 ? "" : line }, told.join(", ")).toEqual({ code: 0, line: "" });
  expect(JSON.parse(outcome.stdout).digest, told.join(", ")).toBe(digest);
});

test("a shard that takes its workers with it stops after some tries, and says what it reads", async () => {
  const own = await startRedis();
  try {
    const worker = () => startWorker(own.url, ["--lock", "1"]);
    let running = await worker();
    // One shard that takes longer than its workers are left.
    sparseNpy(scratch.path("poison.npy"), [8000, 3, 256, 256], 1 << 26);
    const args = [
      "stats",
      "poison.npy",
      "--shard-bytes",
      "8GB",
      "--memory",
      "1GB",
      "--engine",
      own.url,
      "--store",
      scratch.store,
    ];
    const coordinator = start(args, { cwd: scratch.folder });
    let isOver = false;
    void coordinator.ended.then(() => {
      isOver = true;
    });
    await coordinator.says("run ");
    while (!isOver) {
      await wait(500);
      await endAll([running]);
      if (!isOver) running = await worker();
    }
    await endAll([running]);
    const { code, stderr } = await coordinator.ended;
    expect({ code, line: stderr.trimEnd().split("\n").at(-1) }).toEqual({
      code: 4,
      line: expect.stringMatching(/shard 0 cannot be done: a worker was lost with it 5 times.*samples 0 to 7999/),
    });
  } finally {
    await own[Symbol.asyncDispose]();
  }
});
