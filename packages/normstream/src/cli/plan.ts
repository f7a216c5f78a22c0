import { usageError } from "@normstream/tensor";
import { loadCluster } from "./engine.js";
import type { ClusterCommandOptions } from "./options.js";
import { writeResult } from "./output.js";
import { counted, formatBytes, formatNumber, formatSeconds } from "./quantities.js";
import { openControl } from "./runs.js";
import { textTable } from "./text-table.js";

export interface PlanCommandOptions extends ClusterCommandOptions {
  readonly bytes?: number;
  readonly threads?: number;
}

/** `normstream plan RUN --bytes 10TB`: what data of that size would take, by the times of a run's shards. */
export async function plan(id: string, options: PlanCommandOptions): Promise<void> {
  await using control = await openControl(options);
  const { times } = await control.run(id);
  if (!times) throw usageError(`no shard of run ${id} was measured`, { hint: "Name a run whose workers have done some." });
  const { bytes = times.bytes, threads = 1, json } = options;
  const { planClusters } = await loadCluster(() => import("@normstream/cluster"));
  const plans = planClusters(bytes, times, { threads });
  if (json) {
    await writeResult(`${JSON.stringify({ schema: "normstream/plan/1", run: id, bytes, threads, times, plans }, null, 2)}\n`);
    return;
  }
  const shardBytes = times.bytes / times.shards;
  const rows = plans.map(({ workers, makespanMs, utilization, redisBytes, redisCommands, storeRequests }) => [
    `${workers}`,
    makespanMs > 36e5 ? `${formatNumber(Math.round(makespanMs / 36e4) / 10)} h` : formatSeconds(makespanMs / 1000),
    `${Math.round(100 * utilization)} %`,
    formatBytes(Math.round(redisBytes)),
    `${redisCommands}`,
    `${storeRequests}`,
  ]);
  const head = `${formatBytes(bytes)} in shards of ${formatBytes(Math.round(shardBytes))}, ${counted(threads, "thread")} a worker; a shard took ${formatNumber(times.ms[5] ?? 0)} ms (${formatNumber(times.ms[1] ?? 0)} to ${formatNumber(times.ms[9] ?? 0)})\n\n`;
  await writeResult(head + textTable(["workers", "takes", "busy", "Redis", "commands", "store"], rows));
}
