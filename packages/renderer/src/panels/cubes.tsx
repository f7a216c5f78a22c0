import { cubesChart, normSets, type TensorExtent } from "@normstream/report/charts";
import { REPORT_NORMS, type Report } from "@normstream/report/payload";
import type { VNode } from "preact";
import { useReport, useSelection } from "../context.js";
import { movedIndex } from "../keys.js";
import { Panel } from "../panel.jsx";

/** Which values are normalized together. */
export function CubesPanel(): VNode {
  const { report } = useReport();
  const { norm, channel, instance } = useSelection();
  const extent = extentOf(report);
  return (
    <Panel
      name="cubes"
      title="Which values share a mean"
      caption="Lit: the values normalized together with the selected one. Outlined: the other sets."
      height={(width) => (width < 600 ? 520 : 420)}
      draw={(size) => cubesChart(extent, size, { norm, channel, instance })}
      inputs={[report, norm, channel, instance]}
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
  const { count, values } = normSets(norm, extentOf(report));
  return `${count} means, each of ${values} values`;
}

const PLANE_AXES: Readonly<Record<number, string>> = { 0: "", 1: "L", 2: "H·W", 3: "D·H·W" };

/** The extents as norms see them. */
function extentOf({ tensor, memory }: Report): TensorExtent {
  const { samples, channels, planeSize, planeShape } = tensor;
  return {
    samples,
    channels,
    planeValues: planeSize,
    planeAxes: PLANE_AXES[planeShape.length] ?? "",
    groups: memory.groups,
    isUneven: planeSize === 0,
  };
}
