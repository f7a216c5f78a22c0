import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ClusterEngine, clusterPlace, openTelemetry } from "@normstream/cluster";
import type { StatisticsProgress } from "@normstream/pipeline";
import { version } from "../../package.json";
import type { ClusterChoice } from "./cluster-choice.js";
import { commandElsewhere } from "./given-command.js";
import { sayUnless } from "./output.js";

/** A run of the command line on a cluster. */
export interface ClusterRun {
  readonly engine: ClusterEngine;
  /** Where the coordinator keeps what is its own; undefined where the store is no folder. */
  readonly checkpoint: string | undefined;
}

/** Channels whose running estimate is shown. */
const SHOWN_CHANNELS = 8;

/** Connects, and takes the run that the command line stands for: the same one again goes on with it. */
export async function startClusterRun(choice: ClusterChoice, memoryBytes: number, signal: AbortSignal): Promise<ClusterRun> {
  const { url, store, patienceMs, telemetry, quiet } = choice;
  const command = commandElsewhere();
  const run = choice.run ?? runName(command, store);
  const engine = new ClusterEngine({
    place: readPlace(url),
    ...{ store, run, version, memoryBytes, patienceMs, command, signal },
    folder: process.cwd(),
    note: sayUnless(quiet),
    telemetry: telemetry ? await openTelemetry(version) : undefined,
    endsLater: true,
  });
  await engine.connect();
  sayUnless(quiet)(`run ${run}`);
  return { engine, checkpoint: /^s3:/i.test(store) ? undefined : join(store, run, "coordinator") };
}

/** The Redis that a URL names, with what the environment says of it. */
export const readPlace = (url: string) => clusterPlace(url, process.env, (path) => readFileSync(path, "utf8"));

/** The same command in the same folder is the same run. */
const runName = (command: readonly string[], store: string): string =>
  createHash("sha256")
    .update(JSON.stringify([command.filter((text) => !["--quiet", "--json"].includes(text)), process.cwd(), store]))
    .digest("hex")
    .slice(0, 12);

/** Says to `status` how far a pass is, beside what the caller is told. */
export function reported<P extends { readonly bytes: number; readonly totalBytes: number }>(
  engine: ClusterEngine,
  update: ((progress: P) => void) | undefined,
): (progress: P) => void {
  return (progress) => {
    const { bytes, totalBytes } = progress;
    const estimate = "estimate" in progress ? () => estimateOf(progress as unknown as StatisticsProgress) : undefined;
    engine.report({ bytes, totalBytes, estimate });
    update?.(progress);
  };
}

function estimateOf(progress: StatisticsProgress) {
  const { mean, m2, count } = progress.estimate();
  const shown = Math.min(SHOWN_CHANNELS, mean.length);
  const plain = (value: number) => (Number.isFinite(value) ? value : String(value));
  return {
    mean: Array.from({ length: shown }, (_, c) => plain(mean[c] as number)),
    std: Array.from({ length: shown }, (_, c) => plain(Math.sqrt((m2[c] as number) / (count[c] as number)))),
  };
}
