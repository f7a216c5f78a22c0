import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const FASHION = new URL("../../examples/fashion-mnist/t10k-images-idx3-ubyte.gz", import.meta.url);
const HEADER_BYTES = 16;

export const SIDE = 28;

/** Pixels of the 10,000 test images of Fashion-MNIST: `[10000, 28, 28]` uint8. */
export const testImages = () => gunzipSync(readFileSync(FASHION)).subarray(HEADER_BYTES);
