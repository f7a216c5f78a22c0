import { adviceOf } from "../adviser/advice.js";
import { sampledIndices } from "../instances/sampling.js";
import type { TableScan } from "../instances/table-scan.js";
import { GHOST_POINTS } from "../payload/baseline-codec.js";
import type { Absent, Baseline, ChannelColumns, GhostPoints, Histograms } from "../report.js";
import type { Measurement } from "./measure.js";
import { ghostHistograms } from "./value-views.js";

/** What of another data set stands in a report as ghost marks. */
export async function baselineOf(
  other: Measurement,
  report: { readonly channels: ChannelColumns; readonly histograms: Histograms | Absent; readonly moments: TableScan["moments"] },
  settings: { readonly batchSize: number; readonly momentum: number | null; readonly signal?: AbortSignal | undefined },
): Promise<Baseline> {
  const { statistics, scan } = other;
  const { channels, histograms, moments } = report;
  const { mean, variance } = scan.moments;
  const { batchSize, momentum, signal } = settings;
  const { noise, gap } = adviceOf(statistics, scan, { batchSize, momentum, draws: false });
  const wanted = "absent" in histograms ? [] : histograms.channels.map(({ channel }) => channel);
  return {
    title: statistics.facts.input,
    samples: statistics.samples,
    mean: Float32Array.from(channels.index, (c) => mean[c] ?? Number.NaN),
    std: Float32Array.from(channels.index, (c) => Math.sqrt(variance[c] ?? Number.NaN)),
    noise: noise && { batchSizes: Uint32Array.from(noise.batchSizes), median: Float32Array.from(noise.median) },
    gap: gap && { batches: Float32Array.from(gap.batches), total: Float32Array.from(gap.points, ({ total }) => total) },
    instances: ghostPoints(scan, moments),
    histograms: await ghostHistograms(other, wanted, signal),
  };
}

/** Some of its instances about the first data set's means, in its stds. */
function ghostPoints({ instances }: TableScan, { mean, variance }: TableScan["moments"]): GhostPoints | null {
  const sample = instances?.sample;
  if (!sample || sample.planeSize === 1) return null;
  const known = Array.from({ length: Math.min(sample.channels, mean.length) }, (_, c) => c).filter(
    (c) => (variance[c] as number) > 0,
  );
  if (known.length === 0) return null;
  const all = sample.samples.length * known.length;
  const places = Array.from(sampledIndices(all, Math.min(all, GHOST_POINTS)), (i) => {
    const c = known[i % known.length] as number;
    const at = Math.floor(i / known.length) * sample.channels + c;
    const std = Math.sqrt(variance[c] as number);
    return { x: ((sample.mean[at] as number) - (mean[c] as number)) / std, y: Math.sqrt(sample.variance[at] as number) / std };
  }).filter(({ x }) => !Number.isNaN(x));
  return { x: Float32Array.from(places, ({ x }) => x), y: Float32Array.from(places, ({ y }) => y) };
}
