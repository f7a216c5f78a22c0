import { cubesChart, litCells, normSets, tensorExtent } from "@normstream/report/charts";
import { REPORT_NORMS, type Report } from "@normstream/report/payload";
import type { VNode } from "preact";
import { useReport, useSelection } from "../context.js";
import { movedIndex } from "../keys.js";
import { Panel } from "../panel.jsx";

/** Which values are normalized together. */
export function CubesPanel(): VNode {
  const { report, store } = useReport();
  const { norm, channel, instance } = useSelection();
  const chosen = store.fixed.norm;
  const extent = tensorExtent(report.tensor, report.memory);
  // Cells stand for many channels and samples: the picture changes with them, not with each channel.
  const { across, deep } = litCells("instance", extent, { channel, instance });
  return (
    <Panel
      name="cubes"
      title="Which values share a mean"
      caption="Lit: the values normalized together with the selected one. Outlined: the other sets."
      height={(width) => (width < 600 ? 520 : 420)}
      draw={(size) => cubesChart(extent, size, { norm, channel, instance, chosen })}
      inputs={[report, norm, chosen, across[0], deep[0]]}
      step={(key, from) => {
        const to = movedIndex(key, REPORT_NORMS.indexOf(from.norm), REPORT_NORMS.length);
        const next = to === null ? undefined : REPORT_NORMS[to];
        return next ? { norm: next } : null;
      }}
      describe={({ norm: chosen }) => `${chosen} norm: ${setsText(report, chosen)}`}
      table={() => ({
        columns: ["norm", "statistics", "values of each", "over"],
        rows: REPORT_NORMS.map((name) => {
          const { count, values, product } = normSets(name, extent);
          return [name, count, values, product];
        }),
      })}
    />
  );
}

function setsText(report: Report, norm: (typeof REPORT_NORMS)[number]): string {
  const { count, values } = normSets(norm, tensorExtent(report.tensor, report.memory));
  return `${count} means, each of ${values} values`;
}
