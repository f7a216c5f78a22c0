import type { HeaderSource } from "../bytes/header-source.js";
import type { ArrayReader, StoredArray } from "../stored-array.js";
import { chooseColumns } from "../tables/column-choice.js";
import { tableArray } from "../tables/table-array.js";
import { arrowReader } from "./arrow-loading.js";
import { arrowBatches, schemaMessage } from "./contents.js";
import { type ArrowColumn, arrowColumns } from "./schema.js";

/** What the decoder of an Arrow file has to know; plain data. */
export interface ArrowDetails {
  /** Fields of the schema that are read, in order. */
  readonly fields: readonly number[];
  readonly names: readonly string[];
  /** Values of each: more than one for a column of lists. */
  readonly valuesPerColumn: number;
  /** The schema's message, in base64. */
  readonly schema: string;
  /** Of each record batch: first byte, length, rows. */
  readonly batches: readonly number[];
}

/** Reads an Arrow IPC file or stream (also Feather 2) as a table `[N, C]`, or as the arrays of one column of lists. */
export const readArrow: ArrayReader = async (source, { select }) => ({
  format: "arrow",
  isSelected: true,
  entries: [{ name: undefined, read: () => arrayOf(source, select) }],
});

async function arrayOf(source: HeaderSource, select: string | undefined): Promise<StoredArray> {
  const { name, path, identity } = source;
  let columns: readonly ArrowColumn[] = [];
  let schema = "";
  const nullable = new Set<ArrowColumn>();
  const batches: number[] = [];
  let [rows, mostRows, mostBytes] = [0, 0, 0];
  const stored = arrowBatches(source, async (found) => {
    columns = await arrowColumns(found);
    schema = Buffer.from(await schemaMessage(found)).toString("base64");
  });
  for await (const { byteOffset, byteLength, header } of stored) {
    const { length, nodes } = header;
    for (const column of columns) {
      for (let i = column.node; i < column.node + column.nodes; i++) if ((nodes[i]?.nullCount ?? 0) > 0) nullable.add(column);
    }
    if (length === 0) continue;
    batches.push(byteOffset, byteLength, length);
    rows += length;
    mostRows = Math.max(mostRows, length);
    mostBytes = Math.max(mostBytes, byteLength);
  }
  const known = columns.map((column) => ({ ...column, isNullable: nullable.has(column) }));
  const chosen = chooseColumns(known, select, name) as readonly ArrowColumn[];
  const details: ArrowDetails = {
    fields: chosen.map(({ index }) => index),
    names: chosen.map((column) => column.name),
    valuesPerColumn: (chosen[0]?.shape ?? []).reduce((a, b) => a * b, 1),
    schema,
    batches,
  };
  return tableArray(
    chosen,
    rows,
    (_, rowBytes) => ({
      kind: "decoded",
      decoder: "arrow",
      path,
      identity,
      details,
      chunkSamples: mostRows,
      // Stored, unpacked where it is compressed, and as rows.
      chunkBytes: 3 * mostBytes + mostRows * rowBytes,
    }),
    [arrowReader()],
    { file: name, hint: "Write it again." },
  );
}
