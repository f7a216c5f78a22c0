import type { Statistics } from "@normstream/pipeline";
import { formatShape, geometryOf } from "@normstream/tensor";
import { median } from "../adviser/quantile.js";
import type { TableScan } from "../instances/table-scan.js";
import type { Finding } from "../report.js";
import { figure } from "../text/figures.js";
import { finding } from "./finding.js";

/** Extents that the channels of pictures have. */
const COLOURS = [1, 3, 4];
/** Extents of a picture's side at least, and how many times longer than the suspicious one. */
const LEAST_SIDE = 8;
const SLENDER = 4;

/** What the shape gives away. */
export function checkShape(statistics: Statistics, scan: TableScan): Finding[] {
  return [...singleValues(statistics), ...swappedLayout(statistics, scan)];
}

function singleValues({ table: { samples, planeSize } }: Statistics): Finding[] {
  if (samples * planeSize === 1) {
    const texts = {
      title: "One value a channel",
      evidence: "There is 1 sample, and each of its channels has 1 value.",
      advice: "Batch and instance norm refuse this in training: use layer norm, or more samples.",
    };
    return [finding("one-value", "error", texts)];
  }
  if (samples === 1) {
    const texts = {
      title: "One sample",
      evidence: `${planeSize > 0 ? `Its channels have ${planeSize} values each` : "It is one image"}; nothing can be said of how samples differ.`,
      advice: "Batch norm of this tensor is instance norm. Measure more samples.",
    };
    return [finding("one-sample", "note", texts)];
  }
  if (planeSize !== 1) return [];
  const texts = {
    title: "One value a channel in each sample",
    evidence: "A row of a table has a single value in each column.",
    advice: "Instance norm is undefined here. Batch norm or layer norm are what there is.",
  };
  return [finding("one-value-per-instance", "note", texts)];
}

function swappedLayout({ facts: { shape, layout }, table: { channels } }: Statistics, scan: TableScan): Finding[] {
  if (layout !== "NCHW" && layout !== "NHWC") return [];
  const { spatial } = geometryOf(shape, layout);
  // Read wrongly, an image's channels stand where its width (or height) should be.
  const [narrow, long] = layout === "NCHW" ? [spatial[1], spatial[0]] : [spatial[0], spatial[1]];
  if (narrow === undefined || long === undefined || !COLOURS.includes(narrow)) return [];
  if (long < LEAST_SIDE || channels < LEAST_SIDE || long < SLENDER * narrow) return [];
  const other = layout === "NCHW" ? "NHWC" : "NCHW";
  const likeness = neighbourLikeness(scan);
  const known = Number.isNaN(likeness)
    ? ""
    : ` Neighbouring "channels" rise and fall together (correlation ${figure(likeness)} over samples, ${likeness > 0.5 ? "as rows of pictures do" : "less than rows of pictures do"}).`;
  const texts = {
    title: `Likely ${other} read as ${layout}`,
    evidence: `Shape ${formatShape(shape)} as ${layout} gives ${channels} channels with planes of ${spatial.join(" × ")}.${known}`,
    advice: `If the ${narrow} ${narrow === 1 ? "is the channel" : "are the channels"}, say so: --layout ${other}.`,
  };
  return [finding("layout", likeness > 0.5 ? "warning" : "note", texts)];
}

/** Median correlation over samples of neighbouring channels' means. NaN where it is not known. */
function neighbourLikeness({ instances }: TableScan): number {
  if (!instances) return Number.NaN;
  const { mean, channels, samples } = instances.sample;
  const correlations: number[] = [];
  const step = Math.max(1, Math.floor(channels / 64));
  for (let c = 0; c + 1 < channels; c += step) {
    const sums = { x: 0, y: 0, xx: 0, yy: 0, xy: 0 };
    const [x0, y0] = [mean[c] as number, mean[c + 1] as number];
    for (let k = 0; k < samples.length; k++) {
      const x = (mean[k * channels + c] as number) - x0;
      const y = (mean[k * channels + c + 1] as number) - y0;
      sums.x += x;
      sums.y += y;
      sums.xx += x * x;
      sums.yy += y * y;
      sums.xy += x * y;
    }
    const n = samples.length;
    const spread = Math.sqrt((sums.xx - sums.x ** 2 / n) * (sums.yy - sums.y ** 2 / n));
    correlations.push(n > 2 && spread > 0 ? (sums.xy - (sums.x * sums.y) / n) / spread : Number.NaN);
  }
  return median(correlations);
}
