import { channelName, convergenceChart, convergenceFrame, timelineChart } from "@normstream/report/charts";
import type { Report } from "@normstream/report/payload";
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { useReport, useSelection } from "../context.js";
import { movedIndex } from "../keys.js";
import { useWidening } from "../least-domains.js";
import { Panel } from "../panel.jsx";

/** How the figures came about: folded, because it matters when something is odd. */
export function RunPanel(): VNode {
  const { report } = useReport();
  const { channel } = useSelection();
  const [isOpen, setIsOpen] = useState(false);
  const { convergence, timeline, channels, baseline } = report;
  const watched = "absent" in convergence ? [] : convergence.channels.map((each) => each.channel);
  const shown = watched.includes(channel) ? channel : (watched[0] ?? channel);
  const widening = useWidening(shown);
  const options = {
    channel: shown,
    ghost: baseline && ((of: number) => baseline.mean[channels.index.indexOf(of)] ?? Number.NaN),
  };
  return (
    <details class="panel run" open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>How it was computed</summary>
      {isOpen && (
        <div class="grid">
          <Panel
            name="convergence"
            title="The mean as samples were read"
            caption="Cumulative mean ± 2 standard errors."
            height={() => 280}
            draw={(size) => {
              const { atLeast } = widening;
              widening.note(convergenceFrame(convergence, size, { ...options, atLeast }));
              return convergenceChart(convergence, size, { ...options, atLeast });
            }}
            inputs={[convergence, shown]}
            step={(key, from) => {
              const at = watched.includes(from.channel) ? watched.indexOf(from.channel) : 0;
              const to = movedIndex(key, at, watched.length);
              const next = to === null ? undefined : watched[to];
              return next === undefined ? null : { channel: next };
            }}
            describe={(selection) => `Mean of ${channelName(channels, selection.channel)}`}
            table={() => ({
              columns: ["channel", "samples", "mean", "standard error"],
              rows:
                "absent" in convergence
                  ? []
                  : convergence.channels.flatMap((each) =>
                      [...convergence.samples].map((samples, i) => [
                        each.channel,
                        samples,
                        each.mean[i] ?? NaN,
                        each.standardError[i] ?? NaN,
                      ]),
                    ),
            })}
          />
          <Panel
            name="timeline"
            title="Shards"
            caption="When which thread worked on which shard."
            height={() => 280}
            draw={(size) => timelineChart(timeline, size)}
            inputs={[timeline]}
            table={() => ({
              columns: ["thread", "start, ms", "end, ms"],
              rows:
                "absent" in timeline
                  ? []
                  : [...timeline.thread].map((thread, i) => [thread, timeline.startMs[i] ?? NaN, timeline.endMs[i] ?? NaN]),
            })}
          />
          <section class="panel lineage" aria-label="Lineage">
            <dl class="facts">
              {lineageOf(report).map(([term, value]) => (
                <div key={term}>
                  <dt>{term}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </section>
        </div>
      )}
    </details>
  );
}

function lineageOf({ lineage, created, memory, verdict }: Report): [term: string, value: string][] {
  const { input, digest, normstream, node, engine, threads, seconds, nan } = lineage;
  return [
    ["Input", input],
    ["Digest", digest ?? "none"],
    ["Made", created],
    ["With", `normstream ${normstream}${node === "" ? "" : `, Node ${node}`}`],
    ["Engine", `${engine}, ${threads} ${threads === 1 ? "thread" : "threads"}, ${seconds.toFixed(2)} s`],
    ["NaN policy", nan],
    ["Saved for backward", `BN ${memory.saved.batch} B, IN ${memory.saved.instance} B`],
    ...(verdict ? ([["Use", verdict.use]] as [string, string][]) : []),
  ];
}
