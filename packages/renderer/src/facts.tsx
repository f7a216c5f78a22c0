import { byteText, countText, numberText, percentText } from "@normstream/report/charts";
import { type Report, type ReportProgress, stdsOf } from "@normstream/report/payload";
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
  const { tensor, lineage, channels, baseline } = report;
  const stds = stdsOf(report);
  const which = channels.index.length > 1 ? "median " : "";
  const facts: [string, string | null][] = [
    ["Shape", `${tensor.shape.join(" × ")} ${tensor.layout}`],
    ["Type", tensor.dtype],
    ["Size", byteText(tensor.bytes)],
    ["Pooled std", stds && which + numberText(stds.pooled)],
    ["Mean of instances' stds", stds && which + numberText(stds.single)],
    ["Against", baseline && `${baseline.title}, ${countText(baseline.samples)} samples`],
    ["Digest", lineage.digest?.slice(0, 12) ?? null],
  ];
  return facts.flatMap(([term, value]): [string, string][] => (value === null ? [] : [[term, value]]));
}

/** How far a run is, in words: every figure is an estimate until it is whole. */
export const progressText = ({ fraction }: ReportProgress): string => `${percentText(fraction)} read, estimate`;

export function ProgressView({ progress }: { readonly progress: ReportProgress }): VNode {
  return (
    <p class="progress">
      <progress max={1} value={progress.fraction} aria-label="Read" /> {progressText(progress)}
    </p>
  );
}
