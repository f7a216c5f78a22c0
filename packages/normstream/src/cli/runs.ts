import type { KnownRun, RunControl, WorkerEntry } from "@normstream/cluster";
import { loadCluster } from "./engine.js";
import type { ClusterCommandOptions } from "./options.js";
import { writeResult } from "./output.js";
import { counted, formatBytes, formatNumber } from "./quantities.js";
import { factLines, textTable } from "./text-table.js";
import { requireCluster } from "./worker.js";

/** `normstream runs`: all runs and workers. */
export async function runs(options: ClusterCommandOptions): Promise<void> {
  await using control = await openControl(options);
  const [known, workers] = [await control.runs(), await control.workers()];
  if (options.json) return writeJson({ schema: "normstream/runs/1", runs: known.map(documentOf), workers });
  const rows = known.map((run) => [run.id, stateOf(run), doneOf(run), agoOf(run.updatedMs), run.command.join(" ")]);
  const list = rows.length === 0 ? "no runs\n" : textTable(["run", "state", "done", "seen", "command"], rows, 5);
  await writeResult(`${list}\n${workersText(workers)}`);
}

/** `normstream status RUN`. */
export async function status(id: string, options: ClusterCommandOptions): Promise<void> {
  await using control = await openControl(options);
  const [run, workers] = [await control.run(id), await control.workers()];
  if (options.json) return writeJson({ schema: "normstream/run/1", ...documentOf(run), workers });
  const { estimate } = run;
  await writeResult(
    factLines([
      ["run", `${run.id}: ${stateOf(run)}`],
      ["command", `normstream ${run.command.join(" ")}`],
      ["in", run.folder],
      ["store", run.store],
      ["shards", `${run.shardsDone} of ${run.shards} of its present pass`],
      ["read", `${formatBytes(run.bytes)} of ${formatBytes(run.totalBytes)} (${doneOf(run)})`],
      ["seen", agoOf(run.updatedMs)],
      ...(estimate ? [["mean so far", estimate.mean.map(shown).join(", ")] as const] : []),
      ...(estimate ? [["std so far", estimate.std.map(shown).join(", ")] as const] : []),
      ...(run.reason === null ? [] : [["reason", run.reason] as const]),
      ["workers", workersLine(workers)],
    ]),
  );
}

/** `normstream cancel RUN`. */
export async function cancel(id: string, options: ClusterCommandOptions): Promise<void> {
  await using control = await openControl(options);
  const isTold = await control.cancel(id);
  if (options.json) return writeJson({ schema: "normstream/cancel/1", run: id, coordinator: isTold });
  await writeResult(isTold ? `${id}: its coordinator was told to stop\n` : `${id}: cancelled, and what it kept is removed\n`);
}

/** Connects to the cluster that the options name. */
export async function openControl(options: ClusterCommandOptions): Promise<RunControl> {
  const url = requireCluster(options);
  const { openRunControl } = await loadCluster(() => import("@normstream/cluster"));
  const { readPlace } = await import("./cluster-run.js");
  return await openRunControl(readPlace(url));
}

const writeJson = (document: object): Promise<void> => writeResult(`${JSON.stringify(document, null, 2)}\n`);

const documentOf = ({ coordinator, ...run }: KnownRun) => ({ ...run, coordinated: coordinator !== null });

/** A run that nobody coordinates any more, although it did not end. */
const stateOf = ({ state, coordinator }: KnownRun): string =>
  state === "running" && coordinator === null ? "without its coordinator (normstream resume)" : state;

const doneOf = ({ state, bytes, totalBytes }: KnownRun): string =>
  state === "done" ? "100 %" : totalBytes === 0 ? "0 %" : `${Math.floor((100 * bytes) / totalBytes)} %`;

const agoOf = (ms: number): string => {
  const seconds = Math.max(0, Math.round((Date.now() - ms) / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
};

const shown = (value: number | string): string => (typeof value === "number" ? formatNumber(value) : value);

const workersLine = (workers: readonly WorkerEntry[]): string =>
  `${workers.length}, with ${counted(
    workers.reduce((sum, { threads }) => sum + threads, 0),
    "thread",
  )}`;

function workersText(workers: readonly WorkerEntry[]): string {
  if (workers.length === 0) return "no workers: normstream worker --engine …\n";
  const rows = workers.map(({ host, process: id, version, threads, memoryBytes, shards, refusals }) => [
    `${host}:${id}`,
    version,
    `${threads}`,
    formatBytes(memoryBytes),
    `${shards}`,
    Object.values(refusals)[0] ?? "",
  ]);
  return textTable(["worker", "version", "threads", "memory", "shards", "refuses"], rows, 2);
}
