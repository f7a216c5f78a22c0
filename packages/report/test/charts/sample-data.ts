import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** `[N, C, H, W]` float32, row-major. */
export interface Images {
  readonly samples: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

const FILE = new URL("../../../../examples/fashion-mnist/t10k-images-idx3-ubyte.gz", import.meta.url);
const IDX_HEADER = 16;
const SIDE = 28;

/** The first images of Fashion-MNIST's test set, which comes with the repository. */
export function fashionMnist(samples: number): Images {
  const bytes = gunzipSync(readFileSync(FILE)).subarray(IDX_HEADER, IDX_HEADER + samples * SIDE * SIDE);
  return { samples, channels: 1, height: SIDE, width: SIDE, values: Float32Array.from(bytes) };
}

/** Numbers in [0, 1) that are the same everywhere (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const KERNEL = 5;
const STRIDE = 3;

/** What a first layer of random filters makes of the images: real activations of many channels, before any norm. */
export function activations(images: Images, channels: number): Images {
  const random = randomNumbers(7);
  const side = Math.floor((images.height - KERNEL) / STRIDE) + 1;
  const values = new Float32Array(images.samples * channels * side * side);
  const gains = Array.from({ length: channels }, () => 0.4 + 1.6 * random() ** 2);
  const filters = gains.map((gain) => Array.from({ length: KERNEL * KERNEL }, () => ((random() - 0.42) * gain) / 255));
  let at = 0;
  for (let n = 0; n < images.samples; n++) {
    for (const filter of filters) {
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          let sum = 0;
          for (let k = 0; k < filter.length; k++) {
            const [row, column] = [y * STRIDE + Math.floor(k / KERNEL), x * STRIDE + (k % KERNEL)];
            sum += (filter[k] ?? 0) * (images.values[n * images.height * images.width + row * images.width + column] ?? 0);
          }
          values[at++] = sum;
        }
      }
    }
  }
  return { samples: images.samples, channels, height: side, width: side, values };
}
