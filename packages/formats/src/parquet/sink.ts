import { unlink } from "node:fs/promises";
import {
  type DType,
  dataError,
  type FileIdentity,
  formatShape,
  internalError,
  itemSize,
  throwIfAborted,
  usageError,
} from "@normstream/tensor";
import { createAtomicFile, writeFileAtomically } from "../bytes/atomic-file.js";
import { fileByteSource } from "../bytes/file-byte-source.js";
import { identityOf, regularFile } from "../bytes/file-identity.js";
import { tensorByteLength } from "../stored-array.js";
import type { SinkOptions, TensorSink } from "../tensor-sink.js";

/** Bytes of a row group, about. */
const GROUP_BYTES = 8 << 20;

/**
 * A Parquet file of a table `[N, C]`, a column a channel. Threads write rows into a temporary file beside it, which `commit` turns into
 * columns, a row group at a time: so much disk it takes twice, until it is there.
 * @throws NormstreamError as `createSink` does; of kind `usage` too for what is no table, 16-bit floats, and names that are not one a column.
 */
export async function createParquetSink(path: string, options: SinkOptions): Promise<TensorSink> {
  const { shape, dtype, signal, columnNames } = options;
  const [rows, columns] = shape;
  if (rows === undefined || columns === undefined || shape.length !== 2) {
    throw usageError("a Parquet file holds a table", { file: path, expected: "[N, C]", found: formatShape(shape) });
  }
  if (dtype !== "float32" && dtype !== "float64") {
    throw usageError(`columns of ${dtype} are not written to Parquet`, { file: path, hint: "Take --out-dtype f32 or f64." });
  }
  const names = columnNames ?? Array.from({ length: columns }, (_, c) => `c${c}`);
  if (names.length !== columns || new Set(names).size !== columns) {
    throw internalError("the names are not one a column", { file: path, found: names.join(", ") });
  }
  const byteLength = tensorByteLength(shape, dtype, { file: path });
  const file = await createAtomicFile(path, options);
  try {
    throwIfAborted(signal);
    await file.resize(byteLength);
  } catch (error) {
    await file.discard();
    throw error;
  }
  return {
    path,
    format: "parquet",
    shape,
    dtype,
    range: { path: file.path, target: path, byteOffset: 0, byteLength },
    isKept: file.keptBytes === byteLength,
    needsChecksums: false,
    async commit() {
      const identity = identityOf(await regularFile(file.path));
      if (identity.size !== byteLength) throw dataError("the temporary file has another size", { file: path });
      const pieces = encodeTable(file.path, identity, { rows, names, dtype }, signal);
      await writeFileAtomically(path, pieces, { overwrite: options.overwrite, signal });
      await file.discard();
      // What a checkpoint would have kept is of no use any more.
      if (options.keepAs !== undefined) await unlink(file.path).catch(() => {});
    },
    abort: () => file.discard(),
    [Symbol.asyncDispose]: () => file.discard(),
  };
}

interface TableShape {
  readonly rows: number;
  readonly names: readonly string[];
  readonly dtype: DType & ("float32" | "float64");
}

/** Rows as a Parquet file, in pieces. */
async function* encodeTable(
  path: string,
  identity: FileIdentity,
  { rows, names, dtype }: TableShape,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  using source = fileByteSource(path, identity);
  const type = dtype === "float32" ? "FLOAT" : "DOUBLE";
  const Values = dtype === "float32" ? Float32Array : Float64Array;
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema: [
      { name: "root", num_children: names.length },
      ...names.map((name) => ({ name, type, repetition_type: "REQUIRED" }) as const),
    ],
    // Normalized values are as good as random: nothing packs them.
    codec: "UNCOMPRESSED",
    createdBy: "normstream",
  });
  const take = (): Uint8Array => {
    const bytes = new Uint8Array(writer.buffer.slice(0, writer.index));
    writer.index = 0;
    return bytes;
  };
  const columns = names.length;
  const perGroup = Math.max(1, Math.floor(GROUP_BYTES / (columns * itemSize(dtype))));
  for (let from = 0; from < rows; from += perGroup) {
    throwIfAborted(signal);
    const count = Math.min(perGroup, rows - from);
    const band = new Values(count * columns);
    await source.read(new Uint8Array(band.buffer), from * columns * itemSize(dtype));
    const columnData = names.map((name, c) => {
      const data = new Values(count);
      for (let i = 0, at = c; i < count; i++, at += columns) data[i] = band[at] as number;
      return { name, data, encoding: "PLAIN" } as const;
    });
    await parquet.write({ columnData, rowGroupSize: count });
    yield take();
  }
  await parquet.finish();
  yield take();
}
