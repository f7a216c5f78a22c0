// Writes cars.npy from cars.csv:  node examples/car-prices/make-npy.mjs [OUTPUT]
import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

/** Reads the table: names of the cars and of the features, and the values, one row a car. */
export function readCars() {
  const text = readFileSync(new URL("cars.csv", import.meta.url), "utf8");
  const [head, ...rows] = text
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  return { features: head.slice(1), names: rows.map(([name]) => name), values: rows.map((row) => row.slice(1).map(Number)) };
}

/** The bytes of a .npy file (version 1.0) of `[N, C]` float64: a header of text, padded so that the data start at byte 128. */
export function encodeNpy(values) {
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${values.length}, ${values[0].length}), }`;
  const header = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${text.padEnd(117)}\n`, "latin1");
  return Buffer.concat([header, Buffer.from(Float64Array.from(values.flat()).buffer)]);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(argv[2] ?? new URL("cars.npy", import.meta.url), encodeNpy(readCars().values));
}
