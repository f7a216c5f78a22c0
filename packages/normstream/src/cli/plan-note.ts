import type { EngineChoice } from "./engine.js";
import { engineName } from "./engine.js";
import type { Say } from "./output.js";
import { counted, formatBytes } from "./quantities.js";

/** Input from which it is worth knowing beforehand what a run will take. */
const LARGE_BYTES = 256e6;

/** Says before a large run starts what it will read and the memory that it will take. */
export function announcePlan(
  say: Say,
  choice: EngineChoice,
  shards: number,
  { byteLength, projectedBytes }: { readonly byteLength: number; readonly projectedBytes: number },
): void {
  if (byteLength < LARGE_BYTES) return;
  say(
    `reading ${formatBytes(byteLength)} in ${counted(shards, "shard")}, ${engineName(choice)}; ` +
      `buffers take up to ${formatBytes(projectedBytes)} of ${formatBytes(choice.memoryBytes)}`,
  );
}
