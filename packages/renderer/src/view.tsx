import type { VNode } from "preact";
import { useReport } from "./context.js";
import { FactsView, ProgressView } from "./facts.jsx";
import { FindingsView } from "./findings.jsx";
import { ChannelsPanel } from "./panels/channels.jsx";
import { CubesPanel } from "./panels/cubes.jsx";
import { GapPanel } from "./panels/gap.jsx";
import { HistogramsPanel } from "./panels/histograms.jsx";
import { InstancesPanel } from "./panels/instances.jsx";
import { MapsPanel } from "./panels/maps.jsx";
import { NoisePanel } from "./panels/noise.jsx";
import { RunPanel } from "./panels/run.jsx";
import { Toolbar } from "./toolbar.jsx";
import { VerdictView } from "./verdict.jsx";

/** The page of a report, in the order in which it is read. */
export function ReportView(): VNode {
  const { report } = useReport();
  return (
    <>
      <header class="head">
        <h1>{report.title}</h1>
        {report.progress && <ProgressView progress={report.progress} />}
        <FactsView report={report} />
      </header>
      <FindingsView report={report} />
      {report.tensor.samples === 0 ? (
        <p>This tensor holds no samples: there is nothing to normalize.</p>
      ) : (
        <>
          <Toolbar />
          <div class="grid">
            <VerdictView />
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
