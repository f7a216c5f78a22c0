import { channelName, histogramsChart } from "@normstream/report/charts";
import type { Report } from "@normstream/report/payload";
import type { VNode } from "preact";
import { useReport, useSelection } from "../context.js";
import type { DataTable } from "../data-table.jsx";
import { movedIndex } from "../keys.js";
import { Panel } from "../panel.jsx";

/** One channel's values as they came, after batch norm and after instance norm. */
export function HistogramsPanel(): VNode {
  const { report, notices } = useReport();
  const { channel } = useSelection();
  const { histograms, channels, baseline } = report;
  const known = "absent" in histograms ? [] : histograms.channels.map((each) => each.channel);
  const shown = nearest(known, channel);
  const at = channels.index.indexOf(shown);
  const options = {
    channel: shown,
    mean: channels.mean[at] ?? Number.NaN,
    std: channels.std[at] ?? Number.NaN,
    ghost: baseline?.histograms,
  };
  return (
    <Panel
      name="histograms"
      title={known.length > 1 ? `Values of ${channelName(channels, shown)}` : "Values"}
      caption="BN moves and scales; IN removes what differs between images."
      height={() => 420}
      notice={notices.histograms}
      draw={(size) => histogramsChart(histograms, size, options)}
      inputs={[histograms, channels, shown]}
      step={(key, from) => {
        const to = movedIndex(key, Math.max(0, known.indexOf(nearest(known, from.channel))), known.length);
        const next = to === null ? undefined : known[to];
        return next === undefined ? null : { channel: next };
      }}
      describe={(selection) => `Values of ${channelName(channels, nearest(known, selection.channel))}`}
      table={() => histogramTable(report, shown)}
    />
  );
}

/** The channel of which there is a histogram that is nearest to the one asked for. */
const nearest = (known: readonly number[], channel: number): number =>
  known.reduce((best, each) => (Math.abs(each - channel) < Math.abs(best - channel) ? each : best), known[0] ?? channel);

function histogramTable({ histograms }: Report, channel: number): DataTable {
  const columns = ["z from", "z to", "share after BN", "share after IN"];
  const found = "absent" in histograms ? undefined : histograms.channels.find((each) => each.channel === channel);
  if (!found || "absent" in histograms) return { columns, rows: [] };
  const { zRange, zBins } = histograms;
  const width = (2 * zRange) / zBins;
  const edge = (i: number): number =>
    i <= 0 ? Number.NEGATIVE_INFINITY : i > zBins + 1 ? Number.POSITIVE_INFINITY : -zRange + (i - 1) * width;
  const bins = Math.max(found.batch.length, found.instance.length);
  return {
    columns,
    rows: Array.from({ length: bins }, (_, i) => [
      edge(i),
      i === zBins + 1 ? Number.POSITIVE_INFINITY : -zRange + i * width,
      found.batch[i] ?? Number.NaN,
      found.instance[i] ?? Number.NaN,
    ]),
  };
}
