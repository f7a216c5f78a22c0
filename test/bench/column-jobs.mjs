import { rmSync } from "node:fs";
import { join } from "node:path";
import { DATA_OFFSET, writeTensor } from "./data.mjs";
import { fastestWay } from "./file-input.mjs";
import { columnRuns, loadValues, momentsOf } from "./reference.mjs";
import { asType } from "./values.mjs";

const OURS = "Normstream";
const C = "C, 2 threads";

/** Tables that are measured: columns, and the type of their values. */
const TABLES = [
  { columns: 8, dtype: "float32", judged: true },
  { columns: 64, dtype: "float32", judged: true },
  { columns: 256, dtype: "float32", judged: true },
  { columns: 1000, dtype: "float32", judged: true },
  { columns: 64, dtype: "float64" },
  { columns: 64, dtype: "uint8" },
  { columns: 1000, dtype: "uint8" },
];

/** Rows that scikit-learn is given at once: all, or so many that they stay near the cache. */
const sklearnRows = (rows, columns) => [rows, Math.max(1, Math.ceil((1 << 22) / (columns * 8)))];

/** Statistics of the columns of tables `[N, C]` in memory. @param setting { peers, size, folder, say } */
export function columnJobs(setting) {
  return TABLES.map((table) => columnJob(setting, table));
}

function columnJob({ peers, size, folder, say }, { columns, dtype, judged }) {
  const rows = Math.ceil(size.tableValues / columns);
  const { oursTable: ours, cTable: c, pythonTable: python, versions } = peers;
  const bytes = { float32: 4, float64: 8, uint8: 1 }[dtype];
  let data;
  let numpy = null;
  let sklearn = null;
  return {
    name: `table of ${columns} columns, ${dtype}`,
    group: "Tables in memory",
    ours: OURS,
    about: `[${rows}, ${columns}] ${dtype} in memory, statistics of each column, min and max included (not by Python)`,
    values: rows * columns,
    payloadBytes: rows * columns * bytes,
    movedBytesPerValue: bytes,
    warmups: Math.min(3, size.warmups),
    roundsFactor: Math.min(2, size.calls),
    async prepare() {
      const path = join(folder, "table.npy");
      say(`writing [${rows}, ${columns}]`);
      writeTensor(path, [rows, columns]);
      data = asType[dtype](loadValues(path, rows * columns));
      for (const peer of [ours, c, python]) await peer?.ask("load", rows, columns, dtype, DATA_OFFSET, path);
      rmSync(path);
      if (!python) return;
      const { ways } = await python.ask("ways");
      numpy = await fastestWay(size, ways, (way) => python.ask("numpy", way));
      if (versions["scikit-learn"])
        sklearn = await fastestWay(size, sklearnRows(rows, columns), (each) => python.ask("sklearn", each));
    },
    contenders: () => [
      ...(c ? [{ name: C, run: () => c.ask("stats", 2) }] : []),
      ...(numpy ? [{ name: `NumPy, ${numpy}`, run: () => python.ask("numpy", numpy) }] : []),
      ...(sklearn ? [{ name: `scikit-learn, ${sklearn} rows`, run: () => python.ask("sklearn", sklearn) }] : []),
      { name: OURS, run: () => ours.ask("stats") },
    ],
    ratios: () => [
      { of: OURS, to: C },
      { of: OURS, to: `NumPy, ${numpy}`, ...(judged ? { atLeast: 8 } : {}) },
      { of: OURS, to: `scikit-learn, ${sklearn} rows`, ...(judged ? { atLeast: 20 } : {}) },
    ],
    reference: () => momentsOf(() => columnRuns(data, columns), columns),
    finish: () => {
      data = undefined;
    },
  };
}
