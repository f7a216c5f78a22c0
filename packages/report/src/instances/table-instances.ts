import type { Moments } from "@normstream/moments";
import { type Engine, readRegions, type Statistics } from "@normstream/pipeline";
import type { StoredTensor } from "@normstream/tensor";
import { sampleSize } from "./instance-sample.js";
import { sampledIndices } from "./sampling.js";
import type { InstanceFindings } from "./table-scan.js";

/**
 * The instances of a large table `[N, C]` whose rows of moments hold several samples: each value is an instance of its own, so that a
 * sample of rows is read instead. The order of the data and copies are not looked at.
 * @returns null where planes hold more than one value
 */
export async function tableInstances(
  { table }: Statistics,
  moments: Moments,
  source: StoredTensor,
  engine: Pick<Engine, "heap">,
  signal: AbortSignal | undefined,
): Promise<InstanceFindings | null> {
  const { samples: population, channels, planeSize } = table;
  if (planeSize !== 1) return null;
  const samples = sampledIndices(population, sampleSize(population, channels));
  const mean = new Float64Array(samples.length * channels);
  const whole = { channel: 0, channelEnd: channels, position: 0, positionEnd: 1 };
  const regions = Array.from(samples, (sample) => ({ ...whole, sample, sampleEnd: sample + 1 }));
  let at = 0;
  for await (const { values } of readRegions(source, regions, engine, signal)) {
    for (const value of values) mean[at++] = Number.isFinite(value) ? value : Number.NaN;
  }
  const zeros = new Float64Array(channels);
  return {
    sample: { population, channels, planeSize, samples, mean, variance: new Float64Array(mean.length) },
    parts: { within: zeros, between: moments.variance.slice(), meanInstanceStd: zeros },
    order: [],
    matches: null,
  };
}
