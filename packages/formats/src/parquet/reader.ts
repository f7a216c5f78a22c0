import type { HeaderSource } from "../bytes/header-source.js";
import type { ArrayReader, StoredArray } from "../stored-array.js";
import { chooseColumns } from "../tables/column-choice.js";
import { tableArray } from "../tables/table-array.js";
import { parquetColumns } from "./columns.js";
import { asyncBuffer, readFooter } from "./footer.js";
import { parquetReader } from "./hyparquet-loading.js";
import { columnGroups, mostRows, piecesOf } from "./pieces.js";

/** What the decoder of a Parquet file has to know; plain data. */
export interface ParquetDetails {
  /** The columns that are read, in order. */
  readonly columns: readonly string[];
  /** Values of each: more than one for a column of lists. */
  readonly valuesPerColumn: number;
}

/** Reads a Parquet file as a table `[N, C]` of its columns of numbers, or as the arrays of one column of lists. */
export const readParquet: ArrayReader = async (source, { select }) => ({
  format: "parquet",
  isSelected: true,
  entries: [{ name: undefined, read: () => arrayOf(source, select) }],
});

async function arrayOf(source: HeaderSource, select: string | undefined): Promise<StoredArray> {
  const { name, path, identity } = source;
  const metadata = await readFooter(
    asyncBuffer(source.byteLength, (from, length) => source.read(from, length)),
    name,
  );
  const columns = chooseColumns(await parquetColumns(metadata, select !== undefined), select, name);
  const names = columns.map((column) => column.name);
  const valuesPerColumn = (columns[0]?.shape ?? []).reduce((a, b) => a * b, 1);
  const details: ParquetDetails = { columns: names, valuesPerColumn };
  return tableArray(
    columns,
    Number(metadata.num_rows),
    (_, rowBytes) => {
      const size = { rowBytes, valuesPerColumn };
      const chunkSamples = mostRows(piecesOf(metadata, size));
      const chunkBytes = Math.ceil(chunkSamples * rowBytes + columnGroups(metadata, names, size).bytes);
      return { kind: "decoded", decoder: "parquet", path, identity, details, chunkSamples, chunkBytes };
    },
    [parquetReader()],
    { file: name, hint: "Write it again." },
  );
}
