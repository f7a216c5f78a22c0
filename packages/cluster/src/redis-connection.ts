import { NormstreamError, usageError } from "@normstream/tensor";
import { Redis } from "ioredis";
import type { ClusterPlace } from "./cluster-place.js";
import { whileDisconnected } from "./reconnection.js";
import { redisError } from "./redis-error.js";

const CONNECT_MS = 5000;
/** A server that does not answer at once may be on its way up. */
const REFUSED_MS = 3000;
const MOST_RETRY_MS = 2000;
/** BullMQ's scripts want it. */
const OLDEST: readonly [major: number, minor: number] = [6, 2];

/**
 * A connection for a run's whole life: it comes back by itself, and what is asked meanwhile waits.
 * @throws NormstreamError: `io` where no server answers for some seconds, `usage` where it is not fit, or wants another password
 */
export const connectRedis = (place: ClusterPlace, note: (text: string) => void = () => {}): Promise<Redis> =>
  whileDisconnected(REFUSED_MS, () => connectOnce(place, note));

async function connectOnce(place: ClusterPlace, note: (text: string) => void): Promise<Redis> {
  const redis = new Redis({
    ...place.options,
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    keepAlive: CONNECT_MS,
    // BullMQ asks for it: a queue's commands wait rather than fail.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (isOpen ? Math.min(100 * times, MOST_RETRY_MS) : null),
  });
  let isOpen = false;
  let last: unknown;
  redis.on("error", (error) => {
    last = error;
  });
  try {
    await redis.connect();
    const facts = factsOf(await redis.info());
    checkServer(facts, place, note);
  } catch (error) {
    redis.disconnect();
    throw error instanceof NormstreamError ? error : redisError(last ?? error, place);
  }
  isOpen = true;
  return redis;
}

/** What `INFO` says, by name. */
const factsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .split(/\r?\n/)
      .filter((line) => line.includes(":"))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );

/**
 * Looks at what decides whether a run is safe on a server.
 * @throws NormstreamError of kind `usage` for one that is too old, or that throws away what it was given
 */
export function checkServer(facts: ReadonlyMap<string, string>, { name }: ClusterPlace, note: (text: string) => void): void {
  const version = facts.get("redis_version") ?? "";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw usageError("this Redis is too old", { file: name, expected: `${OLDEST.join(".")} or newer`, found: version || "none" });
  }
  const policy = facts.get("maxmemory_policy") ?? "noeviction";
  if (policy !== "noeviction" && facts.get("maxmemory") !== "0") {
    throw usageError("this Redis removes keys when its memory is full, and shards with them", {
      file: name,
      expected: "maxmemory-policy noeviction",
      found: policy,
      hint: "redis-cli config set maxmemory-policy noeviction",
    });
  }
  if (facts.get("aof_enabled") === "0") {
    note(`${name}: Redis keeps no append-only file (appendonly no): if it restarts, shards that were done may be done again`);
  }
}
