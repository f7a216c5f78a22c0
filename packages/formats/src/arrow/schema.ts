import type { DataType, Field, Schema } from "apache-arrow";
import type { Column, NumberType } from "../tables/column-type.js";
import { loadArrow } from "./arrow-loading.js";

/** A column, and where its values are counted in a record batch. */
export interface ArrowColumn extends Column {
  /** Which field of the schema. */
  readonly index: number;
  /** Its first node in the header of a batch, and how many there are down to its numbers. */
  readonly node: number;
  readonly nodes: number;
}

/** The columns of a schema as an IPC message. */
export async function columnsOfSchema(message: Uint8Array): Promise<readonly ArrowColumn[]> {
  const { RecordBatchReader } = await loadArrow();
  return arrowColumns(RecordBatchReader.from(message).open().schema);
}

/** The columns of a schema; whether values are missing, batches say. */
export async function arrowColumns(schema: Schema): Promise<readonly ArrowColumn[]> {
  const { DataType } = await loadArrow();
  let node = 0;
  return schema.fields.map((field, index) => {
    const column = columnOf(field, index, node, DataType);
    node += nodesOf(field, DataType);
    return column;
  });
}

type Types = typeof DataType;

/** Nodes that a field takes in the header of a batch: its own, and those of what is in it. */
function nodesOf({ type }: Field, types: Types): number {
  if (types.isDictionary(type)) return 1;
  return 1 + ((type.children ?? []) as Field[]).reduce((sum, child) => sum + nodesOf(child, types), 0);
}

function columnOf(field: Field, index: number, node: number, types: Types): ArrowColumn {
  const { name } = field;
  const at = { name, index, node, isNullable: false };
  const shape: number[] = [];
  let type = field.type as DataType;
  while (types.isFixedSizeList(type)) {
    shape.push(type.listSize);
    type = (type.children[0] as Field).type;
  }
  const number = numberType(type, types);
  const nodes = 1 + shape.length;
  if (!number) return { ...at, nodes, type: undefined, typeName: wordFor(field.type, types), shape: [] };
  const tensor = shape.length === 1 ? tensorShape(field, shape[0] as number) : undefined;
  return { ...at, nodes, type: number, typeName: number, ...(tensor ?? { shape }) };
}

/** The shape of Arrow's own type of tensors, which is stored as a list (`arrow.fixed_shape_tensor`). */
function tensorShape({ metadata }: Field, size: number): Pick<Column, "shape" | "axes"> | undefined {
  if (metadata.get("ARROW:extension:name") !== "arrow.fixed_shape_tensor") return undefined;
  try {
    const { shape, dim_names, permutation } = JSON.parse(metadata.get("ARROW:extension:metadata") ?? "");
    const isPlain = permutation === undefined || permutation.every((axis: number, i: number) => axis === i);
    const fits = Array.isArray(shape) && shape.every((extent) => Number.isSafeInteger(extent) && extent > 0);
    if (!fits || !isPlain || shape.reduce((a: number, b: number) => a * b, 1) !== size) return undefined;
    return { shape, ...(Array.isArray(dim_names) ? { axes: dim_names.map(String) } : {}) };
  } catch {
    return undefined;
  }
}

function numberType(type: DataType, types: Types): NumberType | undefined {
  if (types.isInt(type)) return `${type.isSigned ? "" : "u"}int${type.bitWidth}` as NumberType;
  if (types.isFloat(type)) return type.precision === 2 ? "float64" : "float32";
  return undefined;
}

function wordFor(type: DataType, types: Types): string {
  if (types.isDictionary(type)) return "a category";
  if (types.isUtf8(type) || types.isLargeUtf8(type) || types.isUtf8View(type)) return "text";
  if (types.isList(type) || types.isLargeList(type)) return "lists of varying length";
  return String(type).slice(0, 40).toLowerCase();
}
