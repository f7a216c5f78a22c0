import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { usageError } from "@normstream/tensor";
import type { Redis } from "ioredis";
import { KEYS } from "./names.js";

/** A coordinator that does not renew its lock for so long is gone. */
const LOCK_MS = 10_000;
const LOOK_MS = 250;

interface Holder {
  readonly host: string;
  readonly process: number;
  readonly token: string;
}

/** Renews the lock where it is ours, and takes it where nobody has it: 1; 0 where it is another's. */
const RENEW = `local held = redis.call("get", KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call("set", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1`;
const RELEASE = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end
return 0`;

/** The right to coordinate a run. */
export interface CoordinatorLock extends AsyncDisposable {
  /** Holds it for longer. @returns false where another coordinator has it */
  renew(): Promise<boolean>;
}

/**
 * Takes a run. A coordinator that is gone is waited for until its lock ends; one of this machine whose process is gone is not.
 * @throws NormstreamError of kind `usage` where another one is at work
 */
export async function lockRun(redis: Redis, run: string, signal?: AbortSignal): Promise<CoordinatorLock> {
  const key = KEYS.coordinator(run);
  const own = JSON.stringify({
    host: hostname(),
    process: process.pid,
    token: randomBytes(8).toString("hex"),
  } satisfies Holder);
  const take = async () => (await redis.eval(RENEW, 1, key, own, LOCK_MS)) === 1;
  let lastLeft = Number.POSITIVE_INFINITY;
  while (!(await take())) {
    signal?.throwIfAborted();
    const [text, left] = await Promise.all([redis.get(key), redis.pttl(key)]);
    if (text === null) continue;
    const holder = JSON.parse(text) as Holder;
    // Somebody renews it.
    if (left > lastLeft) {
      throw usageError(`another coordinator works on run ${run}`, {
        found: `process ${holder.process} on ${holder.host}`,
        hint: "Wait for it, or name another run with --run.",
      });
    }
    if (isGone(holder)) await redis.eval(RELEASE, 1, key, text);
    lastLeft = left;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return {
    renew: take,
    async [Symbol.asyncDispose]() {
      await redis.eval(RELEASE, 1, key, own);
    },
  };
}

/** Whether a process of this machine is not there any more; of another machine nobody can say. */
function isGone({ host, process: id }: Holder): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(id, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
