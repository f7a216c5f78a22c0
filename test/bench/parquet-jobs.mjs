import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { writeTensor } from "./data.mjs";
import { columnRuns, loadValues, momentsOf } from "./reference.mjs";

const OURS = "Normstream, 2 threads";
const OURS_1 = "Normstream, 1 thread";
const HYPARQUET = "hyparquet, 1 thread";
const COLUMNS = 8;
const ROW_GROUP = 1 << 16;

/** Jobs on tables in Parquet files. @param setting { peers, size, folder } */
export function parquetJobs({ peers, size, folder }) {
  const rows = size.parquetRows;
  const path = join(folder, "table.parquet");
  let data;
  let single;
  return [
    {
      name: "table in a Parquet file",
      group: "Files",
      about: `[${rows}, ${COLUMNS}] float64 in row groups of ${ROW_GROUP}, Snappy, statistics of each column, min and max included (not by hyparquet)`,
      ours: OURS,
      values: rows * COLUMNS,
      payloadBytes: rows * COLUMNS * 8,
      async prepare() {
        const table = join(folder, "parquet.npy");
        writeTensor(table, [rows, COLUMNS]);
        data = loadValues(table, rows * COLUMNS);
        writeFileSync(path, parquetOf(data, rows));
        single = peers.start(1);
      },
      contenders: () => [
        ...(peers.hyparquet ? [{ name: HYPARQUET, run: () => peers.hyparquet.ask("stats", path) }] : []),
        { name: OURS_1, sameWork: false, run: () => single.ask("stats", path) },
        { name: OURS, run: () => peers.ours.ask("stats", path) },
      ],
      ratios: () => [
        { of: OURS, to: HYPARQUET },
        { of: OURS_1, to: HYPARQUET },
        { of: OURS, to: OURS_1, atLeast: 1.8 },
      ],
      reference: () => momentsOf(() => columnRuns(data, COLUMNS), COLUMNS),
      async finish() {
        data = undefined;
        await single.close();
      },
    },
  ];
}

function parquetOf(data, rows) {
  const columnData = Array.from({ length: COLUMNS }, (_, c) => ({
    name: `column ${c}`,
    data: Float64Array.from({ length: rows }, (_, row) => data[row * COLUMNS + c]),
    type: "DOUBLE",
    nullable: false,
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: ROW_GROUP }));
}
