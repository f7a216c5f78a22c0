// Activations to look at: images of clothes through the 64 patterns of JPEG and a ReLU, much as a first layer of a network gives them.
//   node examples/fashion-mnist/features.mjs features.npy
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const [output] = process.argv.slice(2);
if (!output) throw new Error("usage: node features.mjs OUTPUT.npy");

const IMAGES = 500;
const SIDE = 28;
const IDX_HEADER = 16;
/** Filters are 8 × 8, and move by 2 over an image with 3 zeros on each side: 14 × 14 places. */
const [FILTER, STRIDE, PADDING, PLACES] = [8, 2, 3, 14];
const PADDED = SIDE + 2 * PADDING;

/** Waves of 0 to 7 half periods down, times as many across: the two-dimensional cosine transform. Channel 0 is the mean, times 8. */
const filters = Array.from({ length: FILTER ** 2 }, (_, channel) => {
  const [down, across] = [Math.floor(channel / FILTER), channel % FILTER];
  return Float32Array.from({ length: FILTER ** 2 }, (_, at) => wave(down, Math.floor(at / FILTER)) * wave(across, at % FILTER));
});

const pixels = gunzipSync(readFileSync(new URL("t10k-images-idx3-ubyte.gz", import.meta.url))).subarray(IDX_HEADER);
const shape = [IMAGES, filters.length, PLACES, PLACES];
const values = new Float32Array(shape.reduce((a, b) => a * b));
for (let image = 0, at = 0; image < IMAGES; image++) {
  const padded = paddedImage(image);
  for (const filter of filters) {
    for (let place = 0; place < PLACES ** 2; place++, at++) {
      const first = Math.floor(place / PLACES) * STRIDE * PADDED + (place % PLACES) * STRIDE;
      let sum = 0;
      for (let k = 0; k < filter.length; k++) sum += filter[k] * padded[first + (k >> 3) * PADDED + (k & 7)];
      values[at] = Math.max(0, sum);
    }
  }
}
writeFileSync(output, npy(shape, values));

/** A cosine of length 1 over 8 places. */
function wave(halfPeriods, place) {
  const scale = Math.sqrt((halfPeriods === 0 ? 1 : 2) / FILTER);
  return scale * Math.cos(((2 * place + 1) * halfPeriods * Math.PI) / (2 * FILTER));
}

/** One image, 0 to 1, with zeros around. */
function paddedImage(image) {
  const padded = new Float32Array(PADDED ** 2);
  for (let row = 0; row < SIDE; row++)
    for (let column = 0; column < SIDE; column++)
      padded[(row + PADDING) * PADDED + column + PADDING] = pixels[(image * SIDE + row) * SIDE + column] / 255;
  return padded;
}

/** A `.npy` file of version 1.0, little-endian. */
function npy(shape, values) {
  const described = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  const header = Buffer.from(`${described.padEnd(128 - 10 - 1)}\n`);
  const magic = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length & 0xff, header.length >> 8]);
  return Buffer.concat([magic, header, Buffer.from(values.buffer)]);
}
