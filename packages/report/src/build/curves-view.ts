import type { GapCurve, NoiseCurve } from "../adviser/curves.js";
import { STEADY, UNRELIABLE } from "../adviser/rules.js";
import type { RunningEstimate } from "../instances/running-estimate.js";
import type { Absent, Convergence, Gap, Noise, NoisePoints } from "../report.js";

/** Measured noise as a report holds it. @param why what is said where there is none */
export function noiseView(curve: NoiseCurve | null, why: string): Noise | Absent {
  if (!curve) return { absent: why };
  return {
    fraction: curve.fraction,
    batchSizes: Uint32Array.from(curve.batchSizes),
    median: Float32Array.from(curve.median),
    p10: Float32Array.from(curve.p10),
    p90: Float32Array.from(curve.p90),
    low: Float32Array.from(curve.low),
    high: Float32Array.from(curve.high),
    simulated: pointsOf(curve.simulated),
    consecutive: pointsOf(curve.consecutive),
    ...{ steadyFrom: curve.steadyFrom, steady: STEADY, unreliable: UNRELIABLE },
  };
}

const pointsOf = (points: NoiseCurve["simulated"]): NoisePoints => ({
  batchSizes: Uint32Array.from(points, ({ batchSize }) => batchSize),
  j: Float32Array.from(points, ({ j }) => j),
});

/** The gap as a report holds it. */
export function gapView(curve: GapCurve | null, why: string): Gap | Absent {
  if (!curve || !Number.isFinite(curve.final)) return { absent: why };
  const { batchSize, momentum, batches, points, settledAfter, final, isRough } = curve;
  return {
    ...{ batchSize, momentum, batches: Float32Array.from(batches) },
    total: Float32Array.from(points, ({ total }) => total),
    mean: Float32Array.from(points, ({ mean }) => mean),
    scale: Float32Array.from(points, ({ scale }) => scale),
    ...{ settledAfter, final, isApproximate: isRough },
  };
}

/** The running estimate as a report holds it. */
export function convergenceView({ samples, channels, mean, standardError }: RunningEstimate): Convergence | Absent {
  if (samples.length < 2) return { absent: "The table has one row: there is no running estimate." };
  const column = (values: Float64Array, i: number) =>
    Float32Array.from(samples, (_, point) => values[point * channels.length + i] as number);
  return {
    samples: Float32Array.from(samples),
    channels: channels.map((channel, i) => ({ channel, mean: column(mean, i), standardError: column(standardError, i) })),
  };
}
