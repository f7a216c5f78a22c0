// A layer learns: softmax regression on Fashion-MNIST behind a batch norm whose weight and bias are trained by its own gradients.
//   node examples/learning/learning.mjs
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { BatchNorm, loadTensor, openTensor, tensor } from "normstream";
import { bold, check, dim, heading, say, summary, table } from "../terminal.mjs";

const file = (name) => fileURLToPath(new URL(`../fashion-mnist/${name}`, import.meta.url));
const CLASSES = 10;
const SIDE = 7;
const FEATURES = SIDE * SIDE;
const TRAINING = 4000;
const TEST = 2000;
const BATCH = 400;
const STEPS = 60;
const RATE = 0.2;

heading("A layer that learns: batch norm before softmax regression");
say(
  `   ${TRAINING} images of Fashion-MNIST for training, ${TEST} others to test; each is ${FEATURES} features, means of 4 × 4 pixels`,
);
say(dim(`   plain gradient descent, ${STEPS} steps of ${BATCH} images; weight and bias of the norm learn from layer.backward\n`));

const images = await loadTensor(await openTensor(file("t10k-images-idx3-ubyte.gz")));
const labels = gunzipSync(readFileSync(file("t10k-labels-idx1-ubyte.gz"))).subarray(8);
const features = shrink(images.data, TRAINING + TEST);
images[Symbol.dispose]();
const layer = new BatchNorm(FEATURES, { momentum: 0.1 });
const readout = new Float64Array(FEATURES * CLASSES);
const offsets = new Float64Array(CLASSES);

const losses = [];
for (let step = 0; step < STEPS; step++) losses.push(await train((step * BATCH) % TRAINING));
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const [first, last] = [mean(losses.slice(0, 5)), mean(losses.slice(-5))];
table([
  ["steps", "loss"],
  ...Array.from({ length: 6 }, (_, k) => [`${k * 10 + 1} to ${k * 10 + 10}`, mean(losses.slice(k * 10, k * 10 + 10)).toFixed(4)]),
]);
check(last < first / 2, `the loss fell from ${first.toFixed(3)} to ${last.toFixed(3)}`);
const moved = Math.max(...layer.weight.map((w) => Math.abs(w - 1)));
check(moved > 0.05, `weights moved by up to ${moved.toFixed(3)} from 1`);

const averaged = await accuracy();
await layer.fit(batchesOf(0, TRAINING));
const precise = await accuracy();
say(`\n   right on images that it has not seen: ${bold(percent(averaged))} with running averages of the last batches,`);
say(`   ${bold(percent(precise))} after ${bold("layer.fit")}, with the statistics of all training data (precise batch norm)\n`);
check(precise > 0.7, "more than 70 % of the images are recognized");
say(summary());

/** One step on the images from `start`. @returns the loss before it */
async function train(start) {
  const x = batch(start, BATCH);
  const y = await layer.train().forward(x);
  const dy = tensor([BATCH, FEATURES], "float32");
  const { loss, slopes } = softmaxLoss(y.data, start, BATCH);
  // By the readout's inputs, and by the readout itself.
  for (let n = 0; n < BATCH; n++) {
    for (let f = 0; f < FEATURES; f++) {
      let sum = 0;
      for (let k = 0; k < CLASSES; k++) sum += slopes[n * CLASSES + k] * readout[f * CLASSES + k];
      dy.data[n * FEATURES + f] = sum;
    }
  }
  const { dx, dweight, dbias } = await layer.backward(dy);
  for (let n = 0; n < BATCH; n++) {
    for (let k = 0; k < CLASSES; k++) {
      const slope = RATE * slopes[n * CLASSES + k];
      offsets[k] -= slope;
      for (let f = 0; f < FEATURES; f++) readout[f * CLASSES + k] -= slope * y.data[n * FEATURES + f];
    }
  }
  for (let f = 0; f < FEATURES; f++) {
    layer.weight[f] -= RATE * dweight[f];
    layer.bias[f] -= RATE * dbias[f];
  }
  for (const used of [x, y, dy, dx]) used[Symbol.dispose]();
  return loss;
}

/** Mean cross-entropy of a batch, and its gradient by the scores. */
function softmaxLoss(y, start, count) {
  const slopes = new Float64Array(count * CLASSES);
  let loss = 0;
  for (let n = 0; n < count; n++) {
    const scores = scoresOf(y, n);
    const top = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - top));
    const sum = powers.reduce((a, b) => a + b, 0);
    const label = labels[start + n];
    loss -= Math.log(powers[label] / sum) / count;
    for (let k = 0; k < CLASSES; k++) slopes[n * CLASSES + k] = (powers[k] / sum - (k === label ? 1 : 0)) / count;
  }
  return { loss, slopes };
}

function scoresOf(y, n) {
  return Array.from(offsets, (offset, k) => {
    let score = offset;
    for (let f = 0; f < FEATURES; f++) score += y[n * FEATURES + f] * readout[f * CLASSES + k];
    return score;
  });
}

/** Share of test images whose highest score is the right one, in inference. */
async function accuracy() {
  const x = batch(TRAINING, TEST);
  const y = await layer.eval().forward(x, { gradients: false });
  let right = 0;
  for (let n = 0; n < TEST; n++) {
    const scores = scoresOf(y.data, n);
    if (scores.indexOf(Math.max(...scores)) === labels[TRAINING + n]) right++;
  }
  for (const used of [x, y]) used[Symbol.dispose]();
  return right / TEST;
}

function batch(start, count) {
  return tensor([count, FEATURES], "float32", { data: features.subarray(start * FEATURES, (start + count) * FEATURES) });
}

function* batchesOf(start, count) {
  for (let at = start; at < start + count; at += BATCH) {
    const x = batch(at, BATCH);
    yield x;
    x[Symbol.dispose]();
  }
}

/** Means of 4 × 4 pixels, `[count, 49]`. */
function shrink(pixels, count) {
  const out = new Float32Array(count * FEATURES);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < 28 * 28; i++) {
      const [row, column] = [Math.floor(i / 28 / 4), Math.floor((i % 28) / 4)];
      out[n * FEATURES + row * SIDE + column] += pixels[n * 784 + i] / 16;
    }
  }
  return out;
}

function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}
