import { gapChart } from "@normstream/report/charts";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { useReport, useSelection } from "../context.js";
import { Panel } from "../panel.js";

/** How far inference stands from training, over the batches seen. */
export function GapPanel(): VNode {
  const { report } = useReport();
  const { batchSize, momentum } = useSelection();
  const gap = useMemo(() => report.gap, [report, batchSize, momentum]);
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
            : [...gap.batches].map((k, i) => [k, ...[gap.total, gap.mean, gap.scale].map((of) => of[i] ?? NaN)]),
      })}
    />
  );
}
