import { existsSync } from "node:fs";
import { usageError } from "@normstream/tensor";
import { takeCommand } from "./given-command.js";
import type { ClusterCommandOptions } from "./options.js";
import { openControl } from "./runs.js";
import { requireCluster } from "./worker.js";

export interface ResumeOptions extends ClusterCommandOptions {
  readonly patience?: number;
  readonly telemetry?: boolean;
}

/** `normstream resume RUN`: gives the run's command again, where it was given. @param again runs a command line */
export async function resume(
  id: string,
  options: ResumeOptions,
  again: (args: readonly string[]) => Promise<void>,
): Promise<void> {
  const url = requireCluster(options);
  const { state, command, folder, store } = await commandOf(id, options);
  if (state === "done" || state === "cancelled") throw usageError(`run ${id} is ${state}`, { hint: "Give its command again." });
  if (!existsSync(folder)) throw usageError("the folder in which the run was begun is not there", { file: folder });
  process.chdir(folder);
  const { patience, telemetry, quiet } = options;
  takeCommand(command);
  const more = [
    ...["--engine", url, "--store", store, "--run", id],
    ...(patience === undefined ? [] : ["--patience", `${patience}`]),
    ...(telemetry && !command.includes("--telemetry") ? ["--telemetry"] : []),
    ...(quiet && !command.includes("--quiet") ? ["--quiet"] : []),
  ];
  // Before what may follow a lone --, which ends the options.
  await again([command[0] as string, ...more, ...command.slice(1)]);
}

async function commandOf(id: string, options: ResumeOptions) {
  await using control = await openControl(options);
  return await control.run(id);
}
