import type { QueueBaseOptions, Telemetry } from "bullmq";
import type { Redis } from "ioredis";
import { QUEUE_PREFIX } from "./names.js";

/** What every part of BullMQ is given here: a connection of ours, whose server was looked at already. */
export const queueOptions = (redis: Redis, telemetry?: Telemetry): QueueBaseOptions & { readonly prefix: string } => ({
  connection: redis,
  prefix: QUEUE_PREFIX,
  skipVersionCheck: true,
  ...(telemetry ? { telemetry } : {}),
});

/** How long an end waits for a server. */
export const CLOSE_MS = 5000;

/** What a promise comes to, or undefined where it takes too long: a server that is gone must not hold the end of a run. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([work.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
