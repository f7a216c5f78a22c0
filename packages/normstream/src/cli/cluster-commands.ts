import type { Command } from "commander";
import type { HELP } from "./help.js";
import { addOptions } from "./options.js";

type Add = (name: keyof typeof HELP, usage: string, argument: string | null, about: string, summary: string) => Command;

const RUNNING = "Running:";
const CLUSTER = "On a cluster:";
const OUTPUT = "Output:";

/** The commands for runs on a cluster. @param again runs another command line */
export function addClusterCommands(add: Add, again: (args: readonly string[]) => Promise<void>, signal: AbortSignal): void {
  const worker = add("worker", "--engine URL", null, "", "Take shards of all runs on a cluster, until it is stopped.");
  worker.action(async (options) => (await import("./worker.js")).worker(options, signal));
  addOptions(worker, RUNNING, ["cluster", "threads", "memory", "workerStore", "lock", "health", "telemetry"]);
  addOptions(worker, OUTPUT, ["quiet"]);

  const runs = add("runs", "--engine URL", null, "", "List the runs on a cluster, and its workers.");
  runs.action(async (options) => (await import("./runs.js")).runs(options));
  addOptions(runs, CLUSTER, ["cluster"]);
  addOptions(runs, OUTPUT, ["json"]);

  const status = add("status", "RUN --engine URL", "<RUN>", "the run's name", "Say how a run on a cluster stands.");
  status.action(async (run, options) => (await import("./runs.js")).status(run, options));
  addOptions(status, CLUSTER, ["cluster"]);
  addOptions(status, OUTPUT, ["json"]);

  const plan = add(
    "plan",
    "RUN --bytes N --engine URL",
    "<RUN>",
    "a run whose shards were measured",
    "Say what more data would take on 1 to 256 workers.",
  );
  plan.action(async (run, options) => (await import("./plan.js")).plan(run, options));
  addOptions(plan, CLUSTER, ["cluster", "planBytes", "planThreads"]);
  addOptions(plan, OUTPUT, ["json"]);

  const cancel = add("cancel", "RUN --engine URL", "<RUN>", "the run's name", "End a run on a cluster and remove what it kept.");
  cancel.action(async (run, options) => (await import("./runs.js")).cancel(run, options));
  addOptions(cancel, CLUSTER, ["cluster"]);
  addOptions(cancel, OUTPUT, ["json"]);

  const resume = add("resume", "RUN --engine URL", "<RUN>", "the run's name", "Go on with a run whose coordinator is gone.");
  resume.action(async (run, options) => (await import("./resume.js")).resume(run, options, again));
  addOptions(resume, CLUSTER, ["cluster", "patience", "telemetry"]);
  addOptions(resume, OUTPUT, ["quiet"]);
}
