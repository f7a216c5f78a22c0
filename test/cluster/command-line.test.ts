import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scratchFolder, sparseNpy } from "./data-files.js";
import { startCollector } from "./otel-collector.js";
import { type Ended, endAll, type Running, run, start, startWorker } from "./processes.js";
import { freePort, type RedisServer, startRedis } from "./redis-server.js";

const instrumentation = fileURLToPath(new URL("../../examples/cluster/instrumentation.mjs", import.meta.url));
const scratch = scratchFolder();
const workers: Running[] = [];
let redis: RedisServer;
const options = { cwd: scratch.folder };
const onCluster = (...more: string[]) => ["--engine", redis.url, "--store", scratch.store, ...more];
const runJson = async (...args: string[]) => {
  const { code, stdout, stderr } = await run([...args, "--json"], options);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
};
/** One line on stderr, after the notes of a run. */
const lastLine = ({ stderr }: Ended) => stderr.trimEnd().split("\n").at(-1) ?? "";

beforeAll(async () => {
  redis = await startRedis();
  workers.push(...(await Promise.all([startWorker(redis.url), startWorker(redis.url)])));
  sparseNpy(scratch.path("x.npy"), [2000, 3, 32, 32]);
});
afterAll(async () => {
  await endAll(workers);
  await redis[Symbol.asyncDispose]();
  scratch.remove();
});

describe("passes", () => {
  test("stats: the digest of a run without a cluster, and the engine's name", async () => {
    const alone = await runJson("stats", "x.npy");
    const together = await runJson("stats", "x.npy", "--shard-bytes", "200000", ...onCluster());
    expect(together).toMatchObject({ digest: alone.digest, mean: alone.mean, engine: "cluster" });
  });

  test("the table of instances, and its lineage without the cluster's URL", async () => {
    await runJson("stats", "x.npy", "--norm", "instance", "-o", "alone.npz");
    await runJson("stats", "x.npy", "--norm", "instance", "-o", "together.npz", "--shard-bytes", "200000", ...onCluster());
    const verified = await runJson("verify", "together.npz", "--all", ...onCluster());
    expect(verified.holds).toBe(true);
    const merged = await Promise.all(["alone.npz", "together.npz"].map((file) => runJson("merge", file, "-o", `${file}.json`)));
    expect(merged[0].digest).toBe(merged[1].digest);
  });

  test.each([
    ["batch", "npy", []],
    ["instance", "npy", []],
    ["batch", "zarr", []],
    ["instance", "npz", []],
    ["batch", "shards", ["--as", "safetensors", "--file-bytes", "3MB"]],
  ])("normalize --norm %s into %s: the same bytes", async (norm, form, more) => {
    const names = ["alone", "together"].map((name) => `${name}-${norm}.${form}`) as [string, string];
    await runJson("normalize", "x.npy", "-o", names[0], "--norm", norm, ...more);
    const done = await runJson(
      "normalize",
      "x.npy",
      "-o",
      names[1],
      "--norm",
      norm,
      "--shard-bytes",
      "200000",
      ...more,
      ...onCluster(),
    );
    expect(done.engine).toBe("cluster");
    if (form === "npy") expect(readFileSync(scratch.path(names[1])).equals(readFileSync(scratch.path(names[0])))).toBe(true);
    const [a, b] = await Promise.all(names.map((name) => runJson("stats", name)));
    expect(b.digest).toBe(a.digest);
  });

  test.each(["check", "advise", "report"])("%s", async (command) => {
    const alone = await run([command, "x.npy", "--json"], options);
    const together = await run([command, "x.npy", "--json", ...onCluster()], options);
    expect(together.code, together.stderr).toBe(alone.code);
  });

  test("compare: two passes in one run", async () => {
    const alone = await runJson("compare", "x.npy", "x.npy");
    const together = await runJson("compare", "x.npy", "x.npy", ...onCluster());
    expect(together.channels).toEqual(alone.channels);
  });

  test("standard input stays on the calling process", async () => {
    const script = `cat x.npy | "$@"`;
    const { code, stdout } = await run(["stats", "-", "--json", ...onCluster()], {
      ...options,
      through: ["sh", "-c", script, "sh"],
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).digest).toBe((await runJson("stats", "x.npy")).digest);
  });
});

describe("runs", () => {
  test("are listed, with their workers and how they ended", async () => {
    await runJson("stats", "x.npy", ...onCluster("--run", "listed"));
    const { runs, workers: there } = await runJson("runs", "--engine", redis.url);
    expect(runs.find(({ id }: { id: string }) => id === "listed")).toMatchObject({ state: "done", coordinated: false });
    expect(there).toHaveLength(2);
    const status = await run(["status", "listed", "--engine", redis.url], options);
    expect(status.stdout).toMatch(/run +listed: done/);
    const plan = await run(["plan", "listed", "--bytes", "10TB", "--threads", "8", "--engine", redis.url], options);
    expect(plan.stdout).toMatch(/\n +256 /);
  });

  test("a coordinator that was killed is started again, by its command or by resume", async () => {
    sparseNpy(scratch.path("long.npy"), [20_000, 3, 64, 64], 1 << 20);
    const command = [
      "stats",
      "long.npy",
      "--shard-bytes",
      "300000",
      "--norm",
      "instance",
      "-o",
      "long.npz",
      ...onCluster("--run", "long"),
    ];
    const coordinator = start(command, options);
    await coordinator.says("run long");
    await new Promise((resolve) => setTimeout(resolve, 700));
    coordinator.child.kill("SIGKILL");
    await coordinator.ended;
    const resumed = await run(["resume", "long", "--engine", redis.url], options);
    expect(resumed.code, resumed.stderr).toBe(0);
    const digest = (await runJson("stats", "long.npy", "--norm", "instance", "-o", "alone-long.npz")).digest;
    expect((await runJson("merge", "long.npz", "-o", "long.json")).digest).toBe(digest);
    expect(lastLine(await run(["resume", "long", "--engine", redis.url], options))).toContain("run long is done");
  });

  test("cancel ends a run, with exit code 4", async () => {
    const coordinator = start(["stats", "long.npy", "--shard-bytes", "50000", ...onCluster("--run", "unwanted")], options);
    await coordinator.says("run unwanted");
    const cancelled = await run(["cancel", "unwanted", "--engine", redis.url], options);
    expect(cancelled.stdout).toContain("was told to stop");
    const ended = await coordinator.ended;
    expect({ code: ended.code, line: lastLine(ended) }).toEqual({
      code: 4,
      line: expect.stringContaining("run unwanted was cancelled"),
    });
    expect((await runJson("status", "unwanted", "--engine", redis.url)).state).toBe("cancelled");
  });

  test("two coordinators with one run id: one line, and the first goes on", async () => {
    const first = start(["stats", "long.npy", "--shard-bytes", "100000", ...onCluster("--run", "one")], options);
    await first.says("run one");
    const second = await run(["stats", "x.npy", ...onCluster("--run", "one")], options);
    expect({ code: second.code, line: lastLine(second) }).toEqual({
      code: 2,
      line: expect.stringMatching(/another coordinator works on run one.*process \d+/),
    });
    expect((await first.ended).code).toBe(0);
  });

  test("Ctrl-C stops a run, and the same command goes on", async () => {
    const command = ["stats", "long.npy", "--shard-bytes", "100000", "--json", ...onCluster()];
    const stopped = start(command, options);
    await stopped.says("run ");
    await new Promise((resolve) => setTimeout(resolve, 500));
    stopped.child.kill("SIGINT");
    expect((await stopped.ended).code).toBe(130);
    expect((await run(command, options)).code).toBe(0);
  });

  test("a worker that is asked to stop finishes what it has begun, and leaves", async () => {
    const worker = await startWorker(redis.url, ["--health", `${await freePort()}`]);
    const coordinator = start(
      ["stats", "long.npy", "--shard-bytes", "100000", "--json", ...onCluster("--run", "drained")],
      options,
    );
    await coordinator.says("run drained");
    await new Promise((resolve) => setTimeout(resolve, 300));
    worker.child.kill("SIGTERM");
    expect((await worker.ended).code).toBe(0);
    expect((await coordinator.ended).code).toBe(0);
  });

  test("--telemetry: a collector of OpenTelemetry gets the spans of coordinator and worker as one trace, and metrics", async () => {
    await using collector = await startCollector();
    const env = { ...collector.env, NODE_OPTIONS: `--import ${instrumentation}` };
    // On a server of its own, where nobody else takes the jobs.
    await using own = await startRedis();
    const as = (OTEL_SERVICE_NAME: string) => ({ env: { ...env, OTEL_SERVICE_NAME } });
    const worker = await startWorker(own.url, ["--telemetry"], as("worker"));
    const ended = await run(["stats", "x.npy", "--telemetry", "--engine", own.url, "--store", scratch.store], {
      ...options,
      ...as("coordinator"),
    });
    expect(ended.code, ended.stderr).toBe(0);
    worker.child.kill("SIGTERM");
    expect((await worker.ended).code).toBe(0);
    const spansOf = (service: string, operation: string) =>
      collector.spans.filter((span) => span.service === service && span.name.startsWith(`${operation} `));
    const added = spansOf("coordinator", "addNode");
    const [flow, ...others] = spansOf("coordinator", "addFlow");
    expect({ added: added.length > 1, others }).toEqual({ added: true, others: [] });
    const processed = spansOf("worker", "process");
    // Each job that was added but the root, which ends the run, was seen where it ran: below the span that added it.
    expect(processed.length).toBeGreaterThanOrEqual(added.length - 1);
    for (const { traceId, parentSpanId } of processed) {
      expect(traceId).toBe(flow?.traceId);
      expect(added.map(({ spanId }) => spanId)).toContain(parentSpanId);
    }
    expect([...collector.metrics]).toContain("bullmq.jobs.completed");
  });

  test("a worker's health", async () => {
    const port = await freePort();
    const worker = await startWorker(redis.url, ["--health", `${port}`]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const answer = await fetch(`http://127.0.0.1:${port}/health`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ ok: true, redis: true, draining: false, threads: 1 });
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    await endAll([worker]);
  });
});

describe("bad input: one line, with what to do", () => {
  const fails = async (args: readonly string[], code: number, pattern: RegExp, env: NodeJS.ProcessEnv = {}) => {
    const ended = await run(args, { ...options, env });
    expect({ code: ended.code, stdout: ended.stdout }, ended.stderr).toEqual({ code, stdout: "" });
    expect(lastLine(ended)).toMatch(pattern);
    expect(ended.stderr).not.toMatch(/secret|\n\s+at /);
  };
  const stats = (url: string, ...more: string[]) => ["stats", "x.npy", "--engine", url, "--store", scratch.store, ...more];

  test("no Redis", async () => {
    const port = await freePort();
    await fails(stats(`redis://:secret@127.0.0.1:${port}`), 4, /redis:\/\/127\.0\.0\.1:\d+: no Redis answers there/);
    await fails(["worker", "--engine", `redis://127.0.0.1:${port}`], 4, /no Redis answers there/);
    await fails(["runs", "--engine", `redis://127.0.0.1:${port}`], 4, /no Redis answers there/);
  });

  test("a password that is missing or wrong, and one from the environment", async () => {
    await using closed = await startRedis(["--requirepass", "right"]);
    await fails(stats(closed.url), 2, /Redis wants a password/);
    await fails(stats(closed.url.replace("//", "//:secret@")), 2, /Redis refuses the password/);
    await fails(stats(closed.url), 2, /Redis refuses the password/, { NORMSTREAM_REDIS_PASSWORD: "secret" });
    const env = { NORMSTREAM_REDIS_PASSWORD: "right" };
    const worker = await startWorker(closed.url, [], { env });
    const ended = await run(stats(closed.url), { ...options, env });
    expect(ended.code, ended.stderr).toBe(0);
    await endAll([worker]);
  });

  test("TLS: a certificate that is trusted, and one that is not", async () => {
    const [key, certificate] = [scratch.path("key.pem"), scratch.path("certificate.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2"];
    spawnSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, ...subject]);
    const port = await freePort();
    const tls = ["--tls-port", `${port}`, "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no"];
    await using safe = await startRedis([...tls, "--tls-ca-cert-file", certificate]);
    expect(safe.port).not.toBe(port);
    const url = `rediss://localhost:${port}`;
    await fails(stats(url), 4, /rediss:\/\/localhost:\d+: TLS fails: .*NORMSTREAM_REDIS_CA/);
    const env = { NORMSTREAM_REDIS_CA: certificate };
    const worker = await startWorker(url, [], { env });
    const ended = await run(stats(url), { ...options, env });
    expect(ended.code, ended.stderr).toBe(0);
    await endAll([worker]);
  });

  test("a full Redis", async () => {
    await using full = await startRedis(["--maxmemory", "1mb"]);
    await fails(stats(full.url, "--shard-bytes", "1000"), 4, /Redis is full \(maxmemory\)/);
  });

  test("a Redis that removes keys", async () => {
    await using careless = await startRedis(["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
    await fails(stats(careless.url), 2, /removes keys.*expected maxmemory-policy noeviction, found allkeys-lru/);
  });

  test("no worker", async () => {
    await using lonely = await startRedis();
    await fails(stats(lonely.url, "--patience", "2"), 4, /no worker is there, and 0 of \d+ shards are done.*normstream worker/);
  });

  test("a store that a worker cannot see", async () => {
    await using other = await startRedis();
    const worker = await startWorker(other.url, ["--store", scratch.path("elsewhere")]);
    await fails(stats(other.url), 2, /no worker takes the shards.*cannot see the store of the run: .*elsewhere/);
    expect(worker.said()).toContain("cannot see the store");
    await endAll([worker]);
  });

  test("data that a worker cannot see", async () => {
    const path = scratch.path("gone.npy");
    sparseNpy(path, [2000, 3, 32, 32]);
    const hidden = ["unshare", "--mount", "sh", "-c", `mount -t tmpfs none ${scratch.path("hidden")} && exec "$@"`, "sh"];
    const { mkdirSync, renameSync } = await import("node:fs");
    mkdirSync(scratch.path("hidden"));
    renameSync(path, scratch.path("hidden/gone.npy"));
    await using other = await startRedis();
    const worker = await startWorker(other.url, [], { through: hidden });
    const args = ["stats", "hidden/gone.npy", "--engine", other.url, "--store", scratch.store];
    await fails(args, 4, /hidden\/gone\.npy: cannot open: no such file or folder \(on .*, after 3 tries\)/);
    await endAll([worker]);
  });

  test("bytes that are damaged: the line of a run without a cluster", async () => {
    const { truncateSync, copyFileSync } = await import("node:fs");
    copyFileSync(scratch.path("x.npy"), scratch.path("short.npy"));
    truncateSync(scratch.path("short.npy"), 1_000_000);
    const alone = await run(["stats", "short.npy"], options);
    await fails(["stats", "short.npy", ...onCluster()], 3, /short\.npy/);
    expect(alone.code).toBe(3);
  });

  test.each([
    [["stats", "x.npy", "--engine", "redis://h"], /--engine redis:\/\/… needs --store/],
    [["stats", "x.npy", "--store", "s"], /--store goes with --engine redis/],
    [["stats", "x.npy", "--engine", "redis://h", "--store", "s", "--threads", "2"], /--threads does not go with --engine redis/],
    [["stats", "x.npy", "--engine", "redis://:secret@h:99999", "--store", "s"], /--engine: is no URL/],
    [["stats", "x.npy", "--engine", "http://:secret@h", "--store", "s"], /--engine: http:\/\/ is no Redis/],
    [["stats", "x.npy", "--engine", "redis://h/x", "--store", "s"], /the database "x" is no number/],
    [["stats", "x.npy", "--engine", "redis://h", "--store", "s", "--run", "a:b"], /--run: "a:b"/],
    [["worker"], /--engine is needed/],
  ])("%j", (args, pattern) => fails(args, 2, pattern));

  test("a run that is not known", async () => {
    for (const command of ["status", "cancel", "resume", "plan"]) {
      await fails([command, "nobody", "--engine", redis.url], 2, /no run is called nobody/);
    }
  });
});
