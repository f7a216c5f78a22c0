import { type Advice, adviceOf, type Measurement } from "@normstream/report";
import { batchNoise } from "@normstream/report/payload";
import { adviceText } from "./advice-text.js";
import { type MeasurementOptions, openMeasurement, readLabels } from "./measurement.js";
import type { AdviceCommandOptions, ResultOptions } from "./options.js";
import { writeResult } from "./output.js";

export type AdviseOptions = AdviceCommandOptions & MeasurementOptions & Pick<ResultOptions, "json" | "quiet">;

/** `normstream advise INPUT|TABLE`: which norm suits the data, by what was measured on them. */
export async function advise(input: string, options: AdviseOptions, signal: AbortSignal): Promise<void> {
  const labels = await readLabels(options.labels, signal);
  await using open = await openMeasurement(input, options, signal, labels);
  const { statistics, scan } = open.measured;
  const { use, batchSize, momentum } = options;
  const advice = adviceOf(statistics, scan, { use, batchSize, momentum: momentum === "none" ? null : momentum, labels });
  await writeResult(
    options.json ? `${JSON.stringify(adviceDocument(open.measured, advice), spelled, 2)}\n` : adviceText(open.measured, advice),
  );
}

/** Numbers that JSON has no words for, as texts. */
const spelled = (_: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;

/** Channels whose figures the document holds; of more it holds none. */
const MOST_CHANNELS = 100_000;

/** The document `normstream/advice/1`: the verdict, and every figure that it goes by, in float64. */
function adviceDocument({ statistics, scan }: Measurement, advice: Advice): object {
  const { facts, digest, table } = statistics;
  const { verdict, memory, noise, gap, measures } = advice;
  const parts = scan.instances?.parts;
  const list = (values: Float64Array | undefined) => values && Array.from(values);
  const each = measures?.shapes.map((shape) => shape && batchNoise(shape, verdict.batchSize, table.samples));
  const channels = {
    std: list(scan.moments.variance.map(Math.sqrt)),
    meanInstanceStd: list(parts?.meanInstanceStd) ?? null,
    varianceWithin: list(parts?.within) ?? null,
    varianceBetween: list(parts?.between) ?? null,
    eta: each?.map((found) => found?.eta ?? null) ?? null,
    q: each?.map((found) => found?.q ?? null) ?? null,
    j: each?.map((found) => found?.j ?? null) ?? null,
  };
  return {
    schema: "normstream/advice/1",
    ...{ input: facts.input, shape: facts.shape, dtype: facts.dtype, layout: facts.layout, samples: table.samples, digest },
    ...{ verdict, memory, noise, gap },
    channels: table.channels <= MOST_CHANNELS ? channels : null,
  };
}
