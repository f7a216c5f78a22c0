import { readFileSync } from "node:fs";

const ELEMENTS = { "<f4": Float32Array, "<f8": Float64Array };

/**
 * Reads an answer's `.npy` file: float32 or float64, little-endian, C order. Plain and apart from Normstream's own reader, which is
 * among the things under test.
 * @returns {{ shape: number[], data: Float32Array | Float64Array }}
 */
export function readNpy(path) {
  const bytes = readFileSync(path);
  const wide = bytes[6] > 1;
  const start = wide ? 12 : 10;
  const length = wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", start, start + length);
  const descr = /'descr': '([^']+)'/.exec(header)?.[1];
  const type = ELEMENTS[descr];
  if (!type || !header.includes("'fortran_order': False")) throw new Error(`${path}: an answer in ${descr} or Fortran order`);
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? "")
    .split(",")
    .filter((text) => text.trim() !== "")
    .map(Number);
  const data = new Uint8Array(bytes.subarray(start + length));
  return { shape, data: new type(data.buffer) };
}
