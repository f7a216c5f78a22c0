import { countAt, noiseAt, noiseChart, noiseFrame, numberText } from "@normstream/report/charts";
import type { Report } from "@normstream/report/payload";
import type { VNode } from "preact";
import { useReport, useSelection } from "../context.js";
import { movedIndex } from "../keys.js";
import { useWidening } from "../least-domains.js";
import { Panel } from "../panel.jsx";
import { isInside } from "../pointed.js";

/** How far a value moves with its batch-mates, over the batch size. */
export function NoisePanel(): VNode {
  const { report } = useReport();
  const { batchSize } = useSelection();
  const { noise, baseline } = report;
  const widening = useWidening();
  const sizes = "absent" in noise ? [] : [...noise.batchSizes];
  const options = { batchSize, ghost: baseline?.noise };
  return (
    <Panel
      name="noise"
      title="Noise of a batch"
      caption="How far a value moves with its batch-mates, in σ."
      height={() => 340}
      draw={(size) => {
        const { atLeast } = widening;
        widening.note(noiseFrame(noise, size, { ...options, atLeast }));
        return noiseChart(noise, size, { ...options, atLeast });
      }}
      inputs={[noise, batchSize]}
      locate={(x, y, size) => {
        const frame = noiseFrame(noise, size, { ...options, atLeast: widening.atLeast });
        return frame && isInside(frame.area, x, y) ? { batchSize: nearestSize(sizes, countAt(frame, x)) } : null;
      }}
      step={(key, from) => {
        const at = sizes.indexOf(nearestSize(sizes, from.batchSize));
        const to = movedIndex(key, Math.max(0, at), sizes.length, 3);
        const next = to === null ? undefined : sizes[to];
        return next ? { batchSize: next } : null;
      }}
      describe={(selection) => describeNoise(report, selection.batchSize)}
      table={() => ({
        columns: ["batch size", "J, median", "J, 10th percentile", "J, 90th percentile", "95 % from", "95 % to"],
        rows:
          "absent" in noise
            ? []
            : sizes.map((size, i) => [
                size,
                ...[noise.median, noise.p10, noise.p90, noise.low, noise.high].map((of) => of[i] ?? Number.NaN),
              ]),
      })}
    />
  );
}

/** The one of the sizes that is nearest on the axis, which is logarithmic. */
const nearestSize = (sizes: readonly number[], wanted: number): number =>
  sizes.reduce(
    (best, size) => (Math.abs(Math.log(size / wanted)) < Math.abs(Math.log(best / wanted)) ? size : best),
    sizes[0] ?? 1,
  );

function describeNoise({ noise }: Report, batchSize: number): string {
  const j = "absent" in noise ? Number.NaN : noiseAt(noise, batchSize);
  return `Batch size ${batchSize}${Number.isFinite(j) ? `: a value moves ${numberText(Number(j.toPrecision(2)))} σ` : ""}`;
}
