// Fashion-MNIST's test set: its statistics, the same bits on any number of threads, its images normalized and checked.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { computeStatistics, createPool, normalize, openTensor } from "normstream";
import { meanAndVariance, npyValues } from "../npy-values.mjs";
import { bold, check, dim, heading, say, table } from "../terminal.mjs";

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const IMAGES = file("t10k-images-idx3-ubyte.gz");
const LABELS = file("t10k-labels-idx1-ubyte.gz");
const CLASSES = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

const grouped = new Intl.NumberFormat("en-US");
const signed = (x, digits) => x.toFixed(digits).replace("-", "−");
const isNear = (x, expected, tolerance) => Math.abs(x - expected) <= tolerance * Math.abs(expected);

/** @returns the opened images, `[10000, 28, 28]` uint8, layout NHW: one channel */
export async function statistics() {
  heading("Statistics of 10,000 images, in one pass over the file");
  const images = await openTensor(IMAGES);
  const [n, h, w] = images.shape;
  say(`   ${basename(IMAGES)}: ${grouped.format(n)} images, ${h} × ${w}, ${images.dtype}, ${images.layout}\n`);

  const found = await computeStatistics(images);
  try {
    const [mean, variance, std, meanInstanceStd] = [found.mean, found.variance, found.std, found.meanInstanceStd].map(([x]) => x);
    table([
      ["", "value"],
      ["mean", `${mean}`],
      ["variance", `${variance}`],
      ["std, pooled", `${std}`],
      ["std, mean of instances", `${meanInstanceStd}`],
    ]);
    say("\n   Both stds are quoted as the std of a data set. The pooled one is √variance,");
    say("   over all pixels of all images. The other is the mean of each image's own std:");
    say("   it leaves out that images differ in brightness, so it is smaller.\n");

    const exact = exactMoments();
    const agrees = isNear(mean, exact.mean, 1e-12) && isNear(variance, exact.variance, 1e-12);
    check(agrees, "sums of the bytes in whole numbers give the same");
  } finally {
    found[Symbol.dispose]();
  }
  return images;
}

/** Mean and variance of all bytes in whole numbers, with nothing of Normstream's; the file's header has 16 bytes. */
function exactMoments() {
  const bytes = gunzipSync(readFileSync(IMAGES)).subarray(16);
  let sum = 0;
  let squares = 0;
  for (const x of bytes) {
    sum += x;
    squares += x * x;
  }
  const n = BigInt(bytes.length);
  return { mean: sum / bytes.length, variance: Number(n * BigInt(squares) - BigInt(sum) ** 2n) / bytes.length ** 2 };
}

/** Runs the same pass inline and on threads. */
export async function sameBits(images) {
  heading("The same bits, however it runs");
  const digests = [];
  const rows = [["", "ms", "digest of the table of moments"]];
  for (const threads of [0, 1, 2]) {
    const pool = createPool({ threads });
    try {
      const found = await computeStatistics(images, { pool });
      digests.push(found.digest);
      const where = ["calling thread", "1 worker thread", "2 worker threads"][threads];
      rows.push([where, (1000 * found.facts.seconds).toFixed(0), `${found.digest.slice(0, 32)}…`]);
      found[Symbol.dispose]();
    } finally {
      await pool[Symbol.asyncDispose]();
    }
  }
  table(rows);
  say(dim("\n   (The file is small: threads cost more here than they save.)\n"));
  check(
    digests.every((digest) => digest === digests[0]),
    "one digest",
  );
}

/** Normalizes both ways into files, and reads those back. */
export async function bothNorms(images, folder) {
  heading("Normalized into files, and read back");
  const { shape } = images;
  const size = shape[1] * shape[2];
  const pool = createPool();
  const outputs = {};
  try {
    for (const by of ["batch", "instance"]) {
      const output = join(folder, `${by}.npy`);
      const result = await normalize(images, { by }).to(output, { pool });
      outputs[by] = npyValues(output, Float32Array);
      const time = `${(1000 * result.seconds).toFixed(0)} ms`;
      say(`   ${bold(`${by} norm`.padEnd(13))}  → ${by}.npy, ${grouped.format(outputs[by].length)} × ${result.dtype}, ${time}`);
    }
  } finally {
    await pool[Symbol.asyncDispose]();
  }
  say("\n   Batch norm uses one mean and one variance for all images. Instance norm uses");
  say("   each image's own. What that does to a class of images:\n");
  classes(outputs, size);
  say("\n   Batch norm moves and scales; it keeps that a pullover is brighter than a");
  say("   sandal. Instance norm takes brightness and contrast out of every image.\n");

  const all = meanAndVariance(outputs.batch);
  check(
    Math.abs(all.mean) < 1e-6 && Math.abs(all.variance - 1) < 1e-6,
    `batch norm: mean ${signed(all.mean, 9)}, variance ${all.variance.toFixed(9)} over everything`,
  );
  const worst = { mean: 0, variance: 0 };
  for (let i = 0; i < shape[0]; i++) {
    const { mean, variance } = meanAndVariance(outputs.instance, i * size, (i + 1) * size);
    worst.mean = Math.max(worst.mean, Math.abs(mean));
    worst.variance = Math.max(worst.variance, Math.abs(variance - 1));
  }
  check(
    worst.mean < 1e-6 && worst.variance < 1e-6,
    `instance norm: every image within ${worst.mean.toExponential(0)} of mean 0, ${worst.variance.toExponential(0)} of variance 1`,
  );
}

/** A line for some classes: mean of their pixels, before and after each norm. */
function classes(outputs, size) {
  const before = gunzipSync(readFileSync(IMAGES)).subarray(16);
  const labels = gunzipSync(readFileSync(LABELS)).subarray(8);
  const meanOf = (values, label) => {
    let sum = 0;
    let count = 0;
    labels.forEach((found, i) => {
      if (found !== label) return;
      sum += meanAndVariance(values, i * size, (i + 1) * size).mean;
      count++;
    });
    return sum / count;
  };
  const row = (name) => {
    const label = CLASSES.indexOf(name);
    const after = [outputs.batch, outputs.instance].map((values) => signed(meanOf(values, label), 2).replace(/^−(0\.00)$/, "$1"));
    return [name, meanOf(before, label).toFixed(2), ...after];
  };
  table([["mean pixel", "as it is", "batch norm", "instance norm"], ...["Sandal", "Dress", "Pullover"].map(row)]);
}
