import type { Engine } from "@normstream/pipeline";
import { geometryOf, type StoredTensor, usageError } from "@normstream/tensor";
import type { MapTile, PlaneValues, Report } from "../report.js";
import { readPlanes, type Wanted } from "../values/read-planes.js";
import { sliceOf, TileCells } from "../values/tile-cells.js";
import { PlaneMoments } from "./plane-moments.js";

/** Values of a plane that are told at most. */
const MOST_VALUES = 1 << 14;

interface Asked {
  readonly samples: readonly number[];
  readonly channels: readonly number[];
  readonly signal: AbortSignal | undefined;
}

/** Tiles of some planes, read anew: each plane's mean and std are those of all its values. */
export async function tilesOfPlanes(
  { maps }: Report,
  source: StoredTensor,
  engine: Pick<Engine, "heap">,
  { samples, channels, signal }: Asked,
): Promise<readonly MapTile[]> {
  if ("absent" in maps) throw usageError("this report has no tiles", { hint: maps.absent });
  const { spatial, planeSize } = geometryOf(source.shape, source.layout);
  const slice = sliceOf(spatial);
  const planes = samples.flatMap((sample) =>
    channels.map((channel) => ({
      ...{ sample, channel },
      cells: new TileCells(slice, maps.width, maps.height),
      moments: new PlaneMoments(),
    })),
  );
  const ascending = [...new Set(channels)].sort((a, b) => a - b);
  const wanted = [...new Set(samples)].map((sample): Wanted => {
    const own = new Map(planes.filter((plane) => plane.sample === sample).map((plane) => [plane.channel, plane]));
    const take: Wanted["take"] = (channel, position, values) => {
      own.get(channel)?.cells.add(position - slice.from, values);
      own.get(channel)?.moments.add(values);
    };
    return { sample, channels: ascending, from: 0, to: planeSize, take };
  });
  await readPlanes(source, engine, wanted, signal);
  return planes.map(({ sample, channel, cells, moments: { mean, std } }) => ({ sample, channel, mean, std, ...cells.finish() }));
}

/** The values of one plane: the first 16,384 where there are more; mean and std are those of all. */
export async function valuesOfPlane(
  source: StoredTensor,
  engine: Pick<Engine, "heap">,
  { sample, channel, signal }: { readonly sample: number; readonly channel: number; readonly signal: AbortSignal | undefined },
): Promise<PlaneValues> {
  const { planeSize, spatial } = geometryOf(source.shape, source.layout);
  const values = new Float32Array(Math.min(planeSize, MOST_VALUES));
  const moments = new PlaneMoments();
  const take: Wanted["take"] = (_, position, part) => {
    moments.add(part);
    values.set(part.subarray(0, Math.max(0, values.length - position)), Math.min(position, values.length));
  };
  await readPlanes(source, engine, [{ sample, channels: [channel], from: 0, to: planeSize, take }], signal);
  return { sample, channel, count: planeSize, width: spatial.at(-1) ?? 1, mean: moments.mean, std: moments.std, values };
}
