import { noiseChart } from "@normstream/report/charts";
import type { VNode } from "preact";
import { useReport, useSelection } from "../context.js";
import { movedIndex } from "../keys.js";
import { Panel } from "../panel.jsx";

/** How far a value moves with its batch-mates, over the batch size. */
export function NoisePanel(): VNode {
  const { report } = useReport();
  const { batchSize } = useSelection();
  const { noise } = report;
  const sizes = "absent" in noise ? [] : [...noise.batchSizes];
  return (
    <Panel
      name="noise"
      title="Noise of a batch"
      caption="How far a value moves with its batch-mates, in σ."
      height={() => 340}
      draw={(size) => noiseChart(noise, size, { batchSize })}
      inputs={[noise, batchSize]}
      step={(key, from) => {
        const at = Math.max(
          0,
          sizes.findIndex((size) => size >= from.batchSize),
        );
        const to = movedIndex(key, at, sizes.length, 3);
        const next = to === null ? undefined : sizes[to];
        return next ? { batchSize: next } : null;
      }}
      describe={(selection) => `Batch size ${selection.batchSize}`}
      table={() => ({
        columns: ["batch size", "J, median", "J, 10th percentile", "J, 90th percentile"],
        rows:
          "absent" in noise
            ? []
            : sizes.map((size, i) => [size, ...[noise.median, noise.p10, noise.p90].map((of) => of[i] ?? NaN)]),
      })}
    />
  );
}
