// What the jobs' right answers are: float64, two passes, and sums of short runs of values merged together with what rounding drops.
import { closeSync, openSync, readSync } from "node:fs";
import { DATA_OFFSET } from "./data.mjs";
import { extentsOf } from "./sizes.mjs";

export const EPS = 1e-5;
/** Of the affine step in memory; files have none. */
export const WEIGHT = 1.1;
export const BIAS = 0.3;

const BLOCK_BYTES = 1 << 24;
const BLOCK_ROWS = 256;
const SAMPLES = 64;

/** The gradient dy that every program is given: ramps that differ from plane to plane. */
export const gradientAt = (index) => (index % 1009) / 512 - 1;

/** The values that are compared of a tensor of so many: spread over samples, channels and positions. */
export function sampleIndices(values) {
  const step = Math.floor(values / SAMPLES);
  return Array.from({ length: SAMPLES }, (_, k) => k * step + ((k * 104729) % step));
}

/** The planes of a C-order `[N, C, …]` in memory: each a group of its own, or one group for each channel. */
export function* planeRuns(data, shape, groups) {
  const [samples, channels, size] = extentsOf(shape);
  for (let plane = 0; plane < samples * channels; plane++)
    yield { data, group: plane % groups, start: plane * size, end: (plane + 1) * size, step: 1 };
}

/** The columns of a C-order `[N, C]` in memory, in blocks of rows. */
export function* columnRuns(data, channels) {
  for (let start = 0; start < data.length; start += BLOCK_ROWS * channels)
    for (let group = 0; group < channels; group++)
      yield { data, group, start: start + group, end: Math.min(data.length, start + BLOCK_ROWS * channels), step: channels };
}

/** The planes of an .npy that was written here, one group for each channel. */
export function* fileRuns(path, shape) {
  const [samples, channels, size] = extentsOf(shape);
  const planes = Math.max(1, Math.floor(BLOCK_BYTES / (size * 4)));
  const data = new Float32Array(planes * size);
  const fd = openSync(path, "r");
  for (let first = 0; first < samples * channels; first += planes) {
    const count = Math.min(planes, samples * channels - first);
    readFully(fd, new Uint8Array(data.buffer, 0, count * size * 4), DATA_OFFSET + first * size * 4);
    for (let p = 0; p < count; p++) yield { data, group: (first + p) % channels, start: p * size, end: (p + 1) * size, step: 1 };
  }
  closeSync(fd);
}

/** The first values of an .npy that was written here. */
export function loadValues(path, count) {
  const data = new Float32Array(count);
  const fd = openSync(path, "r");
  readFully(fd, new Uint8Array(data.buffer), DATA_OFFSET);
  closeSync(fd);
  return data;
}

function readFully(fd, bytes, position) {
  for (let at = 0; at < bytes.length; ) {
    const got = readSync(fd, bytes, at, bytes.length - at, position + at);
    if (got === 0) throw new Error(`a file ends ${bytes.length - at} bytes before its shape does`);
    at += got;
  }
}

/**
 * Mean, biased variance, minimum and maximum of each group.
 * @param runs called for each pass: the runs of values
 */
export function momentsOf(runs, groups) {
  const count = new Float64Array(groups);
  const min = new Float64Array(groups).fill(Number.POSITIVE_INFINITY);
  const max = new Float64Array(groups).fill(Number.NEGATIVE_INFINITY);
  const sums = compensated(groups);
  for (const { data, group, start, end, step } of runs()) {
    let sum = 0;
    let low = min[group];
    let high = max[group];
    for (let i = start; i < end; i += step) {
      const value = data[i];
      sum += value;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    count[group] += Math.ceil((end - start) / step);
    min[group] = low;
    max[group] = high;
    sums.add(group, sum);
  }
  const about = sums.totals().map((sum, group) => sum / count[group]);
  const rests = compensated(groups);
  const squares = compensated(groups);
  for (const { data, group, start, end, step } of runs()) {
    const pivot = about[group];
    let rest = 0;
    let square = 0;
    for (let i = start; i < end; i += step) {
      const d = data[i] - pivot;
      rest += d;
      square += d * d;
    }
    rests.add(group, rest);
    squares.add(group, square);
  }
  const shift = rests.totals().map((rest, group) => rest / count[group]);
  const mean = about.map((pivot, group) => pivot + shift[group]);
  const variance = squares.totals().map((square, group) => square / count[group] - shift[group] ** 2);
  return { count, mean, variance, min, max };
}

/** Sums of groups that keep what each addition rounds off (Neumaier). */
function compensated(groups) {
  const high = new Float64Array(groups);
  const low = new Float64Array(groups);
  return {
    add(group, value) {
      const sum = high[group] + value;
      low[group] += Math.abs(high[group]) >= Math.abs(value) ? high[group] - sum + value : value - sum + high[group];
      high[group] = sum;
    },
    totals: () => high.map((sum, group) => sum + low[group]),
  };
}

/** Normalized values at some indices. @param groupOf which group's mean and variance an index takes */
export function normalizedValues(values, indices, groupOf, { mean, variance }, { weight, bias }) {
  return values.map((value, k) => {
    const group = groupOf(indices[k]);
    return ((value - mean[group]) / Math.sqrt(variance[group] + EPS)) * weight + bias;
  });
}

/** The gradient dx of a norm in training at some indices. @param runs over `data`, whose indices dy is made from */
export function inputGradients(data, indices, groupOf, { count, mean, variance }, runs) {
  const sums = compensated(mean.length);
  const products = compensated(mean.length);
  for (const { group, start, end, step } of runs()) {
    let sum = 0;
    let product = 0;
    for (let i = start; i < end; i += step) {
      const gradient = gradientAt(i);
      sum += gradient;
      product += gradient * (data[i] - mean[group]);
    }
    sums.add(group, sum);
    products.add(group, product);
  }
  const [sum, product] = [sums.totals(), products.totals()];
  return indices.map((i) => {
    const group = groupOf(i);
    const rstd = 1 / Math.sqrt(variance[group] + EPS);
    const n = count[group];
    return WEIGHT * rstd * (gradientAt(i) - sum[group] / n - ((data[i] - mean[group]) * rstd * rstd * product[group]) / n);
  });
}
