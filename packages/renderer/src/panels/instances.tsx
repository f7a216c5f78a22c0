import { instancesChart } from "@normstream/report/charts";
import type { VNode } from "preact";
import { useReport, useSelection } from "../context.js";
import { movedIndex } from "../keys.js";
import { Panel } from "../panel.jsx";

/** Whole instances: the mean and std of each one. */
export function InstancesPanel(): VNode {
  const { report } = useReport();
  const { instance } = useSelection();
  const { instances, verdict } = report;
  const figures = verdict?.figures;
  const outliers = "absent" in instances ? [] : [...instances.outliers.sample];
  const options = { eta: figures?.eta ?? null, halfQ: figures?.q == null ? null : figures.q / 2, instance };
  return (
    <Panel
      name="instances"
      title="Instances"
      caption="Each sample's one channel: its mean and std beside the data set's."
      height={() => 340}
      draw={(size) => instancesChart(instances, size, options)}
      inputs={[instances, options.eta, options.halfQ, instance]}
      step={(key, from) => {
        const to = movedIndex(key, outliers.indexOf(from.instance), outliers.length);
        const next = to === null ? undefined : outliers[to];
        return next === undefined ? null : { instance: next };
      }}
      describe={(selection) => `Sample ${selection.instance}`}
      table={() => ({
        columns: ["sample", "channel", "mean, in σ from μ", "std, in σ"],
        rows:
          "absent" in instances
            ? []
            : outliers.map((sample, i) => {
                const { channel, x, y } = instances.outliers;
                return [sample, channel[i] ?? NaN, x[i] ?? NaN, y[i] ?? NaN];
              }),
      })}
    />
  );
}
