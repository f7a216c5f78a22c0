import { NormstreamError, usageError } from "@normstream/tensor";
import { Redis, type RedisOptions } from "ioredis";
import type { ClusterPlace } from "./cluster-place.js";
import { whileDisconnected } from "./reconnection.js";
import { redisError } from "./redis-error.js";

const CONNECT_MS = 5000;
/** A server that does not answer at once may be on its way up: how long one who asks waits, and one who works. */
const ASK_MS = 3000;
export const WORK_MS = 10_000;
const MOST_RETRY_MS = 2000;
/** BullMQ's scripts want it. */
const OLDEST: readonly [major: number, minor: number] = [6, 2];

/** A connection that takes along, when it ends, those that BullMQ made of it: one that was just then coming back would never end. */
class OwnedRedis extends Redis {
  readonly #copies = new Set<Redis>();

  override duplicate(override?: Partial<RedisOptions>): Redis {
    const copy = super.duplicate(override);
    this.#copies.add(copy);
    copy.once("end", () => this.#copies.delete(copy));
    return copy;
  }

  override disconnect(reconnect = false): void {
    super.disconnect(reconnect);
    if (!reconnect) for (const copy of this.#copies) copy.disconnect();
  }
}

/**
 * A connection for a run's whole life: it comes back by itself, and what is asked meanwhile waits.
 * @param patienceMs how long a server that does not answer at first is waited for
 * @throws NormstreamError: `io` where none answers by then, `usage` where it is not fit, or wants another password
 */
export async function connectRedis(
  place: ClusterPlace,
  note: (text: string) => void = () => {},
  patienceMs = ASK_MS,
): Promise<Redis> {
  const saying = setTimeout(() => note(`${place.name}: no Redis answers yet: waiting for it`), ASK_MS / 3);
  try {
    return await whileDisconnected(patienceMs, () => connectOnce(place, note));
  } finally {
    clearTimeout(saying);
  }
}

async function connectOnce(place: ClusterPlace, note: (text: string) => void): Promise<Redis> {
  const redis = new OwnedRedis({
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
