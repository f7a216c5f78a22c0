import {
  type DataType,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableToIPC,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import {
  Compression,
  type Encoding,
  Table as ParquetTable,
  type WriterProperties,
  WriterPropertiesBuilder,
  writeParquet,
} from "parquet-wasm/node";

export { Compression, Encoding } from "parquet-wasm/node";

/** Types of Arrow by the names that ours have. */
export const ARROW_TYPES = {
  uint8: () => new Uint8(),
  int8: () => new Int8(),
  uint16: () => new Uint16(),
  int16: () => new Int16(),
  int32: () => new Int32(),
  uint32: () => new Uint32(),
  int64: () => new Int64(),
  uint64: () => new Uint64(),
  float32: () => new Float32(),
  float64: () => new Float64(),
  text: () => new Utf8(),
} as const satisfies Record<string, () => DataType>;

export type Values = readonly (number | bigint | string | null)[];

/** Columns as an Arrow table, in batches of so many rows. */
export function arrowTable(
  columns: Readonly<Record<string, { readonly type: keyof typeof ARROW_TYPES; readonly values: Values }>>,
  rowsPerBatch = Number.POSITIVE_INFINITY,
): Table {
  const names = Object.keys(columns);
  const fields = names.map((name) => new Field(name, ARROW_TYPES[columns[name]?.type ?? "float64"](), true));
  const schema = new Schema(fields);
  const rows = columns[names[0] as string]?.values.length ?? 0;
  const batches: RecordBatch[] = [];
  for (let from = 0; from < rows; from += rowsPerBatch) {
    const to = Math.min(rows, from + rowsPerBatch);
    const children = names.map((name, i) => {
      const vector = vectorFromArray(columns[name]?.values.slice(from, to) as never[], fields[i]?.type as DataType);
      return vector.data[0] as never;
    });
    batches.push(new RecordBatch(schema, makeData({ type: new Struct(fields), length: to - from, children })));
  }
  return new Table(schema, batches);
}

/** One column of lists of fixed size. @param shape of each list; nested lists where it has several extents, or a tensor */
export function listTable(
  type: "uint8" | "int16" | "float32",
  values: Uint8Array | Int16Array | Float32Array,
  shape: readonly number[],
  options: { readonly tensor?: readonly string[]; readonly rowsPerBatch?: number } = {},
): Table {
  const size = shape.reduce((a, b) => a * b, 1);
  const rows = values.length / size;
  const { tensor, rowsPerBatch = rows } = options;
  const extents = tensor ? [size] : shape;
  const listType = extents.reduceRight<DataType>(
    (inner, extent) => new FixedSizeList(extent, new Field("item", inner, false)),
    ARROW_TYPES[type](),
  );
  const metadata = new Map<string, string>();
  if (tensor) {
    metadata.set("ARROW:extension:name", "arrow.fixed_shape_tensor");
    metadata.set("ARROW:extension:metadata", JSON.stringify({ shape, dim_names: tensor }));
  }
  const field = new Field("pixels", listType, false, metadata);
  const schema = new Schema([field]);
  const batches: RecordBatch[] = [];
  for (let from = 0; from < rows; from += rowsPerBatch) {
    const count = Math.min(rowsPerBatch, rows - from);
    let length = count * size;
    let data = makeData({
      type: ARROW_TYPES[type](),
      length,
      data: values.slice(from * size, from * size + length),
    } as never) as never;
    let inner: DataType = ARROW_TYPES[type]();
    for (const extent of [...extents].reverse()) {
      inner = new FixedSizeList(extent, new Field("item", inner, false));
      length /= extent;
      data = makeData({ type: inner, length, child: data } as never) as never;
    }
    batches.push(new RecordBatch(schema, makeData({ type: new Struct([field]), length: count, children: [data] })));
  }
  return new Table(schema, batches);
}

export const ipc = (table: Table, format: "file" | "stream"): Uint8Array => tableToIPC(table, format);

export interface ParquetOptions {
  readonly compression?: Compression;
  readonly encoding?: Encoding;
  readonly dictionary?: boolean;
  readonly rowsPerGroup?: number;
  readonly pageBytes?: number;
  readonly version2?: boolean;
}

/** An Arrow table as Parquet, by Arrow's own implementation in Rust. */
export function parquet(table: Table, options: ParquetOptions = {}): Uint8Array {
  const { compression = Compression.SNAPPY, encoding, dictionary = encoding === undefined, rowsPerGroup, pageBytes } = options;
  let builder = new WriterPropertiesBuilder().setCompression(compression).setDictionaryEnabled(dictionary);
  if (encoding !== undefined) builder = builder.setEncoding(encoding);
  if (rowsPerGroup !== undefined) builder = builder.setMaxRowGroupSize(rowsPerGroup);
  if (pageBytes !== undefined) builder = builder.setDataPageSizeLimit(pageBytes).setWriteBatchSize(64);
  if (options.version2) builder = builder.setWriterVersion(1);
  const properties: WriterProperties = builder.build();
  return writeParquet(ParquetTable.fromIPCStream(tableToIPC(table, "stream")), properties);
}
