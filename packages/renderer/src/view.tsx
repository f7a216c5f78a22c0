import type { VNode } from "preact";
import { useReport } from "./context.js";
import { FactsView } from "./facts.js";
import { FindingsView } from "./findings.js";
import { ChannelsPanel } from "./panels/channels.js";
import { CubesPanel } from "./panels/cubes.js";
import { GapPanel } from "./panels/gap.js";
import { HistogramsPanel } from "./panels/histograms.js";
import { InstancesPanel } from "./panels/instances.js";
import { MapsPanel } from "./panels/maps.js";
import { NoisePanel } from "./panels/noise.js";
import { RunPanel } from "./panels/run.js";
import { Toolbar } from "./toolbar.js";
import { VerdictView } from "./verdict.js";

/** The page of a report, in the order in which it is read. */
export function ReportView(): VNode {
  const { report } = useReport();
  return (
    <>
      <header class="head">
        <h1>{report.title}</h1>
        <FactsView report={report} />
      </header>
      <FindingsView report={report} />
      {report.tensor.samples === 0 ? (
        <p>This tensor holds no samples: there is nothing to normalize.</p>
      ) : (
        <>
          <Toolbar />
          <div class="grid">
            <VerdictView report={report} />
            <CubesPanel />
            <ChannelsPanel />
            <HistogramsPanel />
            <MapsPanel />
            <NoisePanel />
            <GapPanel />
            <InstancesPanel />
            <RunPanel />
          </div>
        </>
      )}
    </>
  );
}
