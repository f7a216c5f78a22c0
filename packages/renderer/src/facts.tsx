import { countText, numberText, percentText } from "@normstream/report/charts";
import { CHANNEL_FLAGS, type Report } from "@normstream/report/payload";
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

function factsOf({ tensor, lineage, channels, progress }: Report): [term: string, value: string][] {
  const { std, instanceStd, flags } = channels;
  const varying = [...std.keys()].filter((i) => ((flags[i] ?? 0) & (CHANNEL_FLAGS.constant | CHANNEL_FLAGS.empty)) === 0);
  const pooled = median(varying.map((i) => std[i] ?? Number.NaN));
  const ofInstances = median(varying.map((i) => (std[i] ?? Number.NaN) * (instanceStd[i] ?? Number.NaN)));
  const which = channels.index.length > 1 ? "median " : "";
  return [
    ["Shape", `${tensor.shape.join(" × ")} ${tensor.layout}`],
    ["Type", tensor.dtype],
    ["Bytes", bytesText(tensor.bytes)],
    ...(Number.isFinite(pooled) ? ([[`Pooled std`, which + numberText(pooled)]] as [string, string][]) : []),
    ...(Number.isFinite(ofInstances)
      ? ([[`Mean of instances' stds`, which + numberText(ofInstances)]] as [string, string][])
      : []),
    ...(progress ? ([["Read", `${percentText(progress.fraction)}, estimate`]] as [string, string][]) : []),
    ...(lineage.digest ? ([["Digest", lineage.digest.slice(0, 12)]] as [string, string][]) : []),
  ];
}

/** NaN of none. */
function median(values: readonly number[]): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

const bytesText = (bytes: number): string => `${countText(bytes)}${bytes < 1e6 ? " " : ""}B`;
