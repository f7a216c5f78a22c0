import { byteText, countText, numberText, percentText } from "@normstream/report/charts";
import { type Report, stdsOf } from "@normstream/report/payload";
import type { VNode } from "preact";

/** What was read: one line of figures. */
export function FactsView({ report }: { readonly report: Report }): VNode {
  return (
    <dl class="facts">
      {factsOf(report).map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function factsOf(report: Report): [term: string, value: string][] {
  const { tensor, lineage, channels, progress, baseline } = report;
  const stds = stdsOf(report);
  const which = channels.index.length > 1 ? "median " : "";
  const facts: [string, string | null][] = [
    ["Shape", `${tensor.shape.join(" × ")} ${tensor.layout}`],
    ["Type", tensor.dtype],
    ["Size", byteText(tensor.bytes)],
    ["Pooled std", stds && which + numberText(stds.pooled)],
    ["Mean of instances' stds", stds && which + numberText(stds.single)],
    ["Against", baseline && `${baseline.title}, ${countText(baseline.samples)} samples`],
    ["Read", progress && `${percentText(progress.fraction)}, estimate`],
    ["Digest", lineage.digest?.slice(0, 12) ?? null],
  ];
  return facts.flatMap(([term, value]): [string, string][] => (value === null ? [] : [[term, value]]));
}
