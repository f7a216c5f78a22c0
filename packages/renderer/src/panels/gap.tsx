import { gapChart } from "@normstream/report/charts";
import {
  type Absent,
  batchNoise,
  type ChannelGap,
  type Gap,
  gapOf,
  isRoughGap,
  median,
  type Report,
  settledAfter,
  shapeOf,
} from "@normstream/report/payload";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { useReport, useSelection } from "../context.js";
import { Panel } from "../panel.jsx";

/** Channels that a gap at other settings is computed from: all, or this many evenly spaced. */
const CHANNELS = 256;

/** How far inference stands from training, over the batches seen. */
export function GapPanel(): VNode {
  const { report } = useReport();
  const { batchSize, momentum } = useSelection();
  const gap = useMemo(() => gapAt(report, batchSize, momentum), [report, batchSize, momentum]);
  return (
    <Panel
      name="gap"
      title="Training against inference"
      caption="How far running averages stand from the batch's own, in σ."
      height={() => 340}
      draw={(size) => gapChart(gap, size)}
      inputs={[gap]}
      table={() => ({
        columns: ["batches", "G", "from means", "from scales"],
        rows:
          "absent" in gap
            ? []
            : [...gap.batches].map((k, i) => [k, ...[gap.total, gap.mean, gap.scale].map((of) => of[i] ?? Number.NaN)]),
      })}
    />
  );
}

/** The gap of the report, or that at another batch size or momentum, from the columns. */
function gapAt(report: Report, batchSize: number, momentum: number | null): Gap | Absent {
  const { gap, channels, tensor } = report;
  if ("absent" in gap || (gap.batchSize === batchSize && gap.momentum === momentum)) return gap;
  const settings = { batchSize, momentum, samples: tensor.samples, planeSize: tensor.planeSize };
  const stride = Math.max(1, Math.ceil(channels.index.length / CHANNELS));
  const places = [...channels.index.keys()].filter((place) => place % stride === 0 && shapeOf(channels, place) !== null);
  const gapsAt = (batches: number): ChannelGap[] =>
    places.flatMap((place) => gapOf(channels, place, batches, settings) ?? []).filter(({ total }) => Number.isFinite(total));
  const middle = (gaps: readonly ChannelGap[], part: keyof ChannelGap): number => median(gaps.map((each) => each[part]));
  const points = [...gap.batches].map((k) => gapsAt(k));
  const rough = places.filter((place) => {
    const shape = shapeOf(channels, place);
    return shape !== null && isRoughGap(batchNoise(shape, batchSize, tensor.samples));
  });
  return {
    ...{ batchSize, momentum, batches: gap.batches },
    total: Float32Array.from(points, (gaps) => middle(gaps, "total")),
    mean: Float32Array.from(points, (gaps) => middle(gaps, "mean")),
    scale: Float32Array.from(points, (gaps) => middle(gaps, "scale")),
    settledAfter: settledAfter((k) => middle(gapsAt(k), "total")),
    final: middle(gapsAt(Number.POSITIVE_INFINITY), "total"),
    isApproximate: 2 * rough.length > places.length,
  };
}
