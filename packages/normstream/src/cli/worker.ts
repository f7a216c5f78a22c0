import { type ClusterUrl, clusterPlace } from "@normstream/cluster/place";
import { installedReaders } from "@normstream/formats";
import { engineOf } from "@normstream/pipeline";
import { usageError } from "@normstream/tensor";
import { version } from "../../package.json";
import { createPool } from "../pool.js";
import { absolutePlace } from "./cluster-choice.js";
import { loadCluster } from "./engine.js";
import type { ClusterCommandOptions } from "./options.js";
import { sayUnless } from "./output.js";

export interface WorkerOptions extends ClusterCommandOptions {
  readonly threads?: number;
  readonly memory?: number;
  readonly store?: string;
  readonly lock?: number;
  readonly health?: number;
  readonly telemetry?: boolean;
}

/** `normstream worker --engine redis://…`: takes shards until it is stopped, and finishes those that it has begun. */
export async function worker(options: WorkerOptions, signal: AbortSignal): Promise<void> {
  const { threads, memory, store, lock, health, telemetry, quiet } = options;
  const url = requireCluster(options);
  const { runClusterWorker, openTelemetry } = await loadCluster(() => import("@normstream/cluster"));
  const { readPlace } = await import("./cluster-run.js");
  const place = readPlace(url);
  const pool = createPool({ ...(threads === undefined ? {} : { threads }), ...(memory === undefined ? {} : { memory }) });
  await using engine = engineOf(pool);
  await runClusterWorker({
    ...{ place, engine, version, signal },
    formats: await installedReaders(),
    note: sayUnless(quiet),
    store: store === undefined ? undefined : absolutePlace(store),
    lockMs: lock === undefined ? undefined : lock * 1000,
    healthPort: health,
    telemetry: telemetry ? await openTelemetry(version) : undefined,
  });
}

/** @throws NormstreamError of kind `usage` where no cluster is named */
export function requireCluster({ engine }: ClusterCommandOptions): ClusterUrl {
  const url = engine ?? process.env.NORMSTREAM_ENGINE;
  if (url === undefined) throw usageError("--engine is needed", { hint: "For example --engine redis://localhost:6379." });
  clusterPlace(url);
  return url as ClusterUrl;
}
