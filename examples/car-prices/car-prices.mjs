// A table in which one feature drowns the others, before and after batch norm:  node examples/car-prices/car-prices.mjs
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { normalize, openTensor } from "normstream";
import { meanAndVariance, npyValues } from "../npy-values.mjs";
import { check, heading, say, summary, table } from "../terminal.mjs";
import { readCars } from "./make-npy.mjs";

const ASKED = "Cara 5";

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const signed = (x) => x.toFixed(2).replace("-", "−");
const percent = (x) => `${(100 * x).toFixed(x < 1e-6 ? 7 : 1)} %`;
const distance = (a, b) => Math.hypot(...a.map((x, i) => x - b[i]));

/** Index of the row that is nearest to row `asked`. */
function nearest(rows, asked) {
  const others = rows.map((_, i) => i).filter((i) => i !== asked);
  return others.reduce((best, i) => (distance(rows[asked], rows[i]) < distance(rows[asked], rows[best]) ? i : best));
}

/** What part of all squared distances between two rows each feature makes up. */
function shares(rows) {
  const variances = rows[0].map((_, c) => meanAndVariance(rows.map((row) => row[c])).variance);
  const total = variances.reduce((a, b) => a + b);
  return variances.map((variance) => variance / total);
}

/** @param folder where the normalized table is written */
export async function carPrices(folder) {
  const { names, values } = readCars();
  heading("A table where one feature drowns the others");
  say(`   examples/car-prices/cars.npy: ${values.length} cars that are made up (float64, NC).`);
  say("   Batch norm makes each column (x − mean) / √(variance + 1e-5):\n");

  const cars = await openTensor(fileURLToPath(new URL("cars.npy", import.meta.url)));
  const output = join(folder, "cars.norm.npy");
  await normalize(cars, { by: "batch" }).to(output);
  const flat = npyValues(output, Float64Array);
  const normalized = values.map((row, i) => Array.from(flat.subarray(i * row.length, (i + 1) * row.length)));

  const asked = names.indexOf(ASKED);
  const before = nearest(values, asked);
  const after = nearest(normalized, asked);
  const line = (i) => {
    const [price, mileage, age] = values[i];
    return [
      names[i],
      `${grouped.format(price)} €`,
      `${grouped.format(mileage)} km`,
      `${age} y`,
      "→",
      ...normalized[i].map(signed),
    ];
  };
  table([["car", "price", "mileage", "age", "→", "price", "mileage", "age"], ...[asked, before, after].map(line)]);

  say(`\n   Which car is most like ${ASKED}? What each feature adds to the distances:\n`);
  const answer = (title, rows, i) => [title, names[i], ...shares(rows).map(percent)];
  table([
    ["", "nearest", "price", "mileage", "age"],
    answer("as it is", values, before),
    answer("normalized", normalized, after),
  ]);
  say("\n   As it is, a kilometre counts as much as a year: the distance is nearly all");
  say("   mileage, and a newer car of three times the price seems the nearest.");
  say("   Normalized, each feature counts as much as the others.\n");

  const columns = values[0].map((_, c) => meanAndVariance(flat, c, flat.length, values[0].length));
  check(
    columns.every(({ mean, variance }) => Math.abs(mean) < 1e-12 && Math.abs(variance - 1) < 1e-6),
    "read back: every column has mean 0 and variance 1",
  );
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const folder = mkdtempSync(join(tmpdir(), "normstream-cars-"));
  try {
    await carPrices(folder);
    say(`\n${summary()}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
