import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";

/** Bytes of an .npy header here, so that elements start at a multiple of 64. */
export const DATA_OFFSET = 128;

const NOISE_VALUES = 1 << 18;
const BLOCK_BYTES = 1 << 22;

/** Header of an .npy 1.0 file in C order, padded to DATA_OFFSET bytes. */
function npyHeader(shape, descr = "<f4") {
  const tuple = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`.padEnd(DATA_OFFSET - 11);
  return Buffer.concat([
    Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]),
    Buffer.from([DATA_OFFSET - 10, 0]),
    Buffer.from(`${text}\n`, "latin1"),
  ]);
}

/** A one-dimensional float64 .npy. */
export function npyVector(values) {
  return Buffer.concat([npyHeader([values.length], "<f8"), Buffer.from(Float64Array.from(values).buffer)]);
}

/** Values of about normal distribution, seeded. */
function noise() {
  let state = 0x9e3779b9;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return Float64Array.from({ length: NOISE_VALUES }, () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3));
}

/** Mean and std of a channel's values: what activations look like, none of them far from 0. */
const meanOf = (channel) => ((channel * 37) % 64) / 32 - 1;
const stdOf = (channel) => 0.5 + ((channel * 11) % 16) / 8;

/**
 * Writes `[N, C, …]` float32 as .npy: noise whose mean and std differ by channel and a little by sample. It is on the disk when this
 * returns, so that writing it back does not disturb what is measured next.
 */
export function writeTensor(path, shape) {
  const [samples, channels, ...spatial] = shape;
  const planeSize = spatial.reduce((product, extent) => product * extent, 1);
  const source = noise();
  const planesPerBlock = Math.max(1, Math.floor(BLOCK_BYTES / (planeSize * 4)));
  const block = new Float32Array(planesPerBlock * planeSize);
  const fd = openSync(path, "w");
  writeFully(fd, npyHeader(shape));
  for (let first = 0; first < samples * channels; first += planesPerBlock) {
    const planes = Math.min(planesPerBlock, samples * channels - first);
    for (let p = 0; p < planes; p++) {
      const channel = (first + p) % channels;
      const mean = meanOf(channel) + 0.1 * Math.sin(Math.floor((first + p) / channels));
      const std = stdOf(channel);
      const from = Math.imul(first + p, 2654435761) >>> 0;
      const to = p * planeSize;
      for (let j = 0; j < planeSize; j++) block[to + j] = mean + std * source[(from + j) & (NOISE_VALUES - 1)];
    }
    writeFully(fd, new Uint8Array(block.buffer, 0, planes * planeSize * 4));
  }
  fsyncSync(fd);
  closeSync(fd);
}

function writeFully(fd, bytes) {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
}

/** Single float32 values of an .npy that was written here, at some of its indices. */
export function readValues(path, indices) {
  const fd = openSync(path, "r");
  const cell = Buffer.alloc(4);
  const values = indices.map((index) => {
    if (readSync(fd, cell, 0, 4, DATA_OFFSET + index * 4) !== 4) throw new Error(`${path} ends before element ${index}`);
    return cell.readFloatLE(0);
  });
  closeSync(fd);
  return values;
}

/** Overwrites single values, so that a result that was not written shows. */
export function writeValues(path, indices, value) {
  const fd = openSync(path, "r+");
  const cell = Buffer.alloc(4);
  cell.writeFloatLE(value);
  for (const index of indices) writeSync(fd, cell, 0, 4, DATA_OFFSET + index * 4);
  closeSync(fd);
}

/** Waits until a file is on the disk. */
export function syncFile(path) {
  const fd = openSync(path, "r+");
  fsyncSync(fd);
  closeSync(fd);
}

/**
 * A float32 .npy that takes no room: holes, and here and there a sample whose values are not 0.
 * @returns the sample's values, and how many samples have them
 */
export function writeSparse(path, shape) {
  const sample = new Float32Array(shape.slice(1).reduce((product, extent) => product * extent, 1));
  for (let i = 0; i < sample.length; i++) sample[i] = Math.sin(i);
  const bytes = new Uint8Array(sample.buffer);
  const fd = openSync(path, "w");
  writeSync(fd, npyHeader(shape));
  ftruncateSync(fd, DATA_OFFSET + bytes.length * shape[0]);
  const every = Math.max(1, Math.floor(shape[0] / 16));
  for (let n = 0; n < shape[0]; n += every) writeSync(fd, bytes, 0, bytes.length, DATA_OFFSET + n * bytes.length);
  closeSync(fd);
  return { sample, count: Math.ceil(shape[0] / every) };
}
