import { readFileSync } from "node:fs";

/**
 * The elements of a little-endian .npy file of version 1.0, read with nothing of Normstream's: the demos hold its output to this.
 * @param ArrayType Float32Array or Float64Array, as the file's dtype is
 */
export function npyValues(path, ArrayType) {
  const bytes = readFileSync(path);
  const start = 10 + bytes.readUInt16LE(8);
  return new ArrayType(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length));
}

/** Mean and variance (correction 0) of some values, in two plain loops. */
export function meanAndVariance(values, from = 0, to = values.length, step = 1) {
  let count = 0;
  let sum = 0;
  for (let i = from; i < to; i += step) {
    sum += values[i];
    count++;
  }
  const mean = sum / count;
  let squares = 0;
  for (let i = from; i < to; i += step) squares += (values[i] - mean) ** 2;
  return { mean, variance: squares / count };
}
