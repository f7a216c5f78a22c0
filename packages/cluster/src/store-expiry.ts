import { KEEP_SECONDS } from "./run-record.js";
import type { RunStore } from "./run-store.js";

const keyOf = (run: string): string => `${run}/until`;

/** Says until when what a run keeps is kept: as long as its record from now. */
export const keepOn = (store: RunStore, run: string): Promise<void> =>
  store.put(keyOf(run), new TextEncoder().encode(`${Date.now() + KEEP_SECONDS * 1000}\n`));

/** Removes the runs of a store whose time is over. What says nothing of a time is not ours, and stays. */
export async function removeExpired(store: RunStore, nowMs = Date.now()): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const run of await store.folders()) {
    const until = await store.get(keyOf(run));
    if (!until || !(Number(new TextDecoder().decode(until)) < nowMs)) continue;
    await store.remove(run);
    removed.push(run);
  }
  return removed;
}
