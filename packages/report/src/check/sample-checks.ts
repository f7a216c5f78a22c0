import type { Statistics } from "@normstream/pipeline";
import { adviceOrder } from "../adviser/order.js";
import { quantile } from "../adviser/quantile.js";
import { instanceWord } from "../adviser/verdict.js";
import type { InstanceSample } from "../instances/instance-sample.js";
import type { TableScan } from "../instances/table-scan.js";
import type { Finding } from "../report.js";
import { counted, figure, listed, percent } from "../text/figures.js";
import { finding } from "./finding.js";

/** Root mean square of a sample's robust distances beyond which it is an outlier. */
const FAR = 8;
/** MAD of a normal distribution in its σ. */
const MAD = 1.4826;
/** Fewer samples than this have no usual ones that others could lie away from. */
const LEAST_SAMPLES = 20;

/** What single samples, and their order, give away. */
export function checkSamples(statistics: Statistics, scan: TableScan): Finding[] {
  return [...rangeBySample(statistics, scan), ...order(scan), ...blankSamples(statistics, scan), ...outliers(statistics, scan)];
}

/** Samples that were divided by 255 among others that were not. */
function rangeBySample({ table: { dtype, grain, samples } }: Statistics, { moments, marks }: TableScan): Finding[] {
  const { upToOne } = marks;
  const lowest = moments.min.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = moments.max.reduce((a, b) => Math.max(a, b), -Infinity);
  const isFloat = dtype.startsWith("float") || dtype === "bfloat16";
  if (!isFloat || grain > 1 || upToOne.count === 0 || lowest < 0 || highest <= 128 || highest > 255) return [];
  const texts = {
    title: `${counted(upToOne.count, "sample")} of ${samples} within 0 to 1, the others up to 255`,
    evidence: `The largest value of all is ${figure(highest)}; samples ${listed(upToOne.samples, upToOne.count)} have none above 1.`,
    advice: "Some were divided by 255, some were not, or these are nearly black: look at them, and scale all alike.",
  };
  return [finding("mixed-sample-ranges", "warning", texts, { samples: upToOne.samples, sampleCount: upToOne.count })];
}

function order(scan: TableScan): Finding[] {
  const found = adviceOrder(scan, 32);
  if (!found?.isOrdered) return [];
  const texts = {
    title: "The samples stand in an order",
    evidence: `Batches of ${found.batchSize} consecutive samples have noise J ${figure(found.consecutive)}, shuffled ones ${figure(found.shuffled)}: ${figure(found.ratio)} times as much.`,
    advice: "Shuffle before training with batch norm. Sorted classes, days or sources look like this.",
  };
  return [finding("sorted-order", "warning", texts)];
}

/** Samples without any variation, where others vary. */
function blankSamples(statistics: Statistics, { instances }: TableScan): Finding[] {
  if (!instances || statistics.table.planeSize === 1) return [];
  const { sample } = instances;
  const { samples } = sample;
  const blank: number[] = [];
  for (let k = 0; k < samples.length; k++) {
    if (isBlank(sample, k)) blank.push(samples[k] as number);
  }
  if (blank.length === 0 || blank.length === samples.length) return [];
  const word = instanceWord(statistics.facts.layout);
  const texts = {
    title: `${counted(blank.length, word)} without any variation`,
    evidence: `${ofSample(sample)}${blank.length === 1 ? "Sample" : "Samples"} ${listed(blank)}: every channel is constant.`,
    advice: "Instance norm gives 0 for them. Blank or unreadable files look like this: look at them.",
  };
  return [finding("blank-samples", "warning", texts, { samples: blank })];
}

/** Whether none of a sample's planes varies. Those of a table have nothing to vary with. */
const isBlank = ({ variance, channels, planeSize }: InstanceSample, k: number): boolean =>
  planeSize > 1 && variance.subarray(k * channels, (k + 1) * channels).every((v) => v === 0);

function outliers(statistics: Statistics, { instances }: TableScan): Finding[] {
  if (!instances || instances.sample.samples.length < LEAST_SAMPLES) return [];
  const { sample } = instances;
  const { samples, channels } = sample;
  const scores = new Float64Array(samples.length);
  let features = 0;
  for (const values of [sample.mean, sample.variance.map(Math.sqrt)]) {
    for (let c = 0; c < channels; c++) features += addDistances(scores, values, channels, c) ? 1 : 0;
  }
  if (features === 0) return [];
  const far = Array.from(samples.keys())
    .map((k) => ({ k, score: Math.sqrt((scores[k] as number) / features) }))
    .filter(({ k, score }) => score > FAR && !isBlank(sample, k))
    .sort((a, b) => b.score - a.score || a.k - b.k);
  if (far.length === 0) return [];
  const found = far.map(({ k }) => samples[k] as number);
  const first = far.slice(0, 4).map(({ k, score }) => `${samples[k]} (${figure(score)})`);
  const texts = {
    title: `${counted(far.length, instanceWord(statistics.facts.layout))} far from all others`,
    evidence: `${ofSample(sample)}Distance of means and stds from the medians, in robust σ (root mean square over channels, ${FAR} is far): ${first.join(", ")}${far.length > 4 ? ", …" : ""}.`,
    advice: "Look at them: broken files, other units or another source. They weigh heavily in batch statistics.",
  };
  return [finding("outlier-samples", "warning", texts, { samples: found })];
}

/** Adds the squared robust distances of a column. @returns whether it has a scale */
function addDistances(scores: Float64Array, values: Float64Array, channels: number, channel: number): boolean {
  const column = Float64Array.from(scores, (_, k) => values[k * channels + channel] as number);
  const middle = quantile(column, 0.5);
  const scale =
    MAD *
    quantile(
      column.map((x) => Math.abs(x - middle)),
      0.5,
    );
  if (!(scale > 0)) return false;
  for (let k = 0; k < scores.length; k++) {
    const d = ((column[k] as number) - middle) / scale;
    if (!Number.isNaN(d)) scores[k] = (scores[k] as number) + d * d;
  }
  return true;
}

/** Says where not all samples were looked at. */
const ofSample = ({ samples, population }: InstanceSample): string =>
  samples.length < population ? `Of ${percent(samples.length / population)} of the samples. ` : "";
