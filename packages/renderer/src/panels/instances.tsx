import { instanceAt, instancesChart, instancesFrame } from "@normstream/report/charts";
import { type InstancePoints, verdictAt } from "@normstream/report/payload";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { useReport, useSelection } from "../context.js";
import { movedIndex } from "../keys.js";
import { useWidening } from "../least-domains.js";
import { Panel } from "../panel.jsx";

/** Whole instances: the mean and std of each one. */
export function InstancesPanel(): VNode {
  const { report } = useReport();
  const { instance, batchSize, momentum, use } = useSelection();
  const { instances, baseline } = report;
  const figures = useMemo(() => verdictAt(report, { use, batchSize, momentum })?.figures, [report, use, batchSize, momentum]);
  const widening = useWidening();
  // The farthest first, then the others that are told one by one.
  const told = useMemo(
    () => ("absent" in instances ? [] : [...new Set([...instances.outliers.sample, ...instances.points.sample])]),
    [instances],
  );
  const options = {
    eta: figures?.eta ?? null,
    halfQ: figures?.q == null ? null : figures.q / 2,
    instance,
    ghost: baseline?.instances,
  };
  return (
    <Panel
      name="instances"
      title="Instances"
      caption="Each sample's one channel: its mean and std beside the data set's."
      height={() => 340}
      draw={(size) => {
        const { atLeast } = widening;
        widening.note(instancesFrame(instances, size, { ...options, atLeast }));
        return instancesChart(instances, size, { ...options, atLeast });
      }}
      inputs={[instances, options.eta, options.halfQ, instance]}
      locate={(x, y, size) => {
        const frame = instancesFrame(instances, size, { ...options, atLeast: widening.atLeast });
        const found = frame && !("absent" in instances) ? instanceAt(instances, frame, { x, y }) : null;
        return found && { instance: found.sample, channel: found.channel };
      }}
      step={(key, from) => {
        const to = movedIndex(key, told.indexOf(from.instance), told.length);
        const next = to === null ? undefined : told[to];
        return next === undefined ? null : { instance: next };
      }}
      describe={(selection) => `Sample ${selection.instance}`}
      table={() => ({
        columns: ["sample", "channel", "mean, in σ from μ", "std, in σ", "told because"],
        rows:
          "absent" in instances
            ? []
            : [...rowsOf(instances.outliers, "far from the others"), ...rowsOf(instances.points, "one of many")],
      })}
    />
  );
}

const rowsOf = ({ sample, channel, x, y }: InstancePoints, why: string): (string | number)[][] =>
  Array.from(sample, (number, i) => [number, channel[i] ?? Number.NaN, x[i] ?? Number.NaN, y[i] ?? Number.NaN, why]);
