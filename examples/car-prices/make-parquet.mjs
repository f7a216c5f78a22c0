// Writes cars.parquet from cars.csv:  node examples/car-prices/make-parquet.mjs [OUTPUT]
import { writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { parquetWriteBuffer } from "hyparquet-writer";
import { readCars } from "./make-npy.mjs";

/** The bytes of a Parquet file: the cars' names, and a column of doubles for each feature. */
export function encodeParquet({ features, names, values }) {
  const columns = features.map((name, c) => ({ name, type: "DOUBLE", data: values.map((row) => row[c]) }));
  return Buffer.from(parquetWriteBuffer({ columnData: [{ name: "car", type: "STRING", data: names }, ...columns] }));
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(argv[2] ?? new URL("cars.parquet", import.meta.url), encodeParquet(readCars()));
}
