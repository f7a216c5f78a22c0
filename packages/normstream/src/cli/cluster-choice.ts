import { isAbsolute, resolve } from "node:path";
import { type ClusterUrl, isClusterUrl } from "@normstream/cluster/place";
import { isFarPlace } from "@normstream/formats";
import { usageError } from "@normstream/tensor";
import type { RunOptions } from "./options.js";

/** Where a run is coordinated, as the options say. */
export interface ClusterChoice {
  readonly url: ClusterUrl;
  readonly store: string;
  readonly run: string | undefined;
  readonly patienceMs: number | undefined;
  readonly telemetry: boolean;
  readonly quiet: boolean;
}

/** Whether a pass runs on a cluster. */
export const isOnCluster = ({ engine }: Pick<RunOptions, "engine">): boolean => engine !== undefined && isClusterUrl(engine);

/** @throws NormstreamError of kind `usage` where no store is named */
export function clusterChoice(options: RunOptions & { readonly quiet?: boolean }): ClusterChoice {
  const { engine, run, patience, telemetry = false, quiet = false } = options;
  const store = options.store ?? process.env.NORMSTREAM_STORE;
  if (store === undefined || store === "") {
    throw usageError("--engine redis://… needs --store", {
      hint: "Name a folder that the workers see under the same path, or s3://bucket/prefix; NORMSTREAM_STORE does too.",
    });
  }
  return {
    ...{ url: engine as ClusterUrl, store: absolutePlace(store), run, telemetry, quiet },
    patienceMs: patience === undefined ? undefined : patience * 1000,
  };
}

/** A place as other machines can name it: workers have other working directories. */
export const absolutePlace = (place: string): string =>
  place === "-" || isAbsolute(place) || isFarPlace(place) ? place : resolve(place);
