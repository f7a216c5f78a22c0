import { gapChart, gapFrame } from "@normstream/report/charts";
import { gapAt } from "@normstream/report/payload";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { useReport, useSelection } from "../context.js";
import { movedIndex } from "../keys.js";
import { useWidening } from "../least-domains.js";
import { momentaWith, momentumText } from "../momenta.js";
import { Panel } from "../panel.jsx";

/** How far inference stands from training, over the batches seen. */
export function GapPanel(): VNode {
  const { report } = useReport();
  const { batchSize, momentum } = useSelection();
  const gap = useMemo(() => gapAt(report, batchSize, momentum), [report, batchSize, momentum]);
  const widening = useWidening(`${batchSize} ${momentum}`);
  // The second data set's gap is known at the settings of the report alone.
  const isOwn = gap === report.gap;
  const options = { ghost: isOwn ? report.baseline?.gap : null };
  const momenta = momentaWith(momentum);
  return (
    <Panel
      name="gap"
      title="Training against inference"
      caption="How far running averages stand from the batch's own, in σ."
      height={() => 340}
      draw={(size) => {
        const { atLeast } = widening;
        widening.note(gapFrame(gap, size, { ...options, atLeast }));
        return gapChart(gap, size, { ...options, atLeast });
      }}
      inputs={[gap]}
      step={(key, from) => {
        const to = movedIndex(key, momenta.indexOf(from.momentum), momenta.length, 3);
        const next = to === null ? undefined : momenta[to];
        return next === undefined ? null : { momentum: next };
      }}
      describe={(selection) => `Momentum ${momentumText(selection.momentum)}`}
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
