import type { FileMetaData, SchemaElement, SchemaTree } from "hyparquet";
import type { Column, NumberType } from "../tables/column-type.js";
import { loadHyparquet } from "./hyparquet-loading.js";

/** Columns that pandas keeps an index in: no data, unless they are asked for. */
const PANDAS_INDEX = /^__index_level_\d+__$/;

/** Decimal digits up to which a number is one float64, correctly rounded. */
const EXACT_DIGITS = 15;

/** The columns of a file, in their order. @param isSelected whether columns are named, so that those of an index count too */
export async function parquetColumns(metadata: FileMetaData, isSelected: boolean): Promise<Column[]> {
  const { hyparquet } = await loadHyparquet();
  const { children } = hyparquet.parquetSchema(metadata);
  const kept = children.filter(({ element }) => isSelected || !PANDAS_INDEX.test(element.name));
  const lists = kept.some(isList) ? await listShapes(metadata) : new Map<string, ListShape>();
  return kept.map((tree) => columnOf(tree, metadata, lists.get(tree.element.name)));
}

interface ListShape {
  readonly shape: readonly number[];
  readonly axes?: readonly string[] | undefined;
}

/** Sizes of lists are not Parquet's: Arrow's schema says them, which its writers put beside. */
async function listShapes({ key_value_metadata }: FileMetaData): Promise<Map<string, ListShape>> {
  const encoded = key_value_metadata?.find(({ key }) => key === "ARROW:schema")?.value;
  if (!encoded) return new Map();
  const { columnsOfSchema } = await import("../arrow/schema.js");
  const columns = await columnsOfSchema(Buffer.from(encoded, "base64"));
  return new Map(columns.filter(({ shape }) => shape.length > 0).map(({ name, shape, axes }) => [name, { shape, axes }]));
}

function columnOf(tree: SchemaTree, metadata: FileMetaData, list: ListShape | undefined): Column {
  const { name } = tree.element;
  const none = { name, type: undefined, isNullable: false, shape: [] };
  if (isList(tree)) {
    const leaf = leafOf(tree);
    const type = leaf && numberType(leaf.element);
    if (!leaf || !type) return { ...none, typeName: "lists" };
    if (!list) return { ...none, typeName: "lists of which no size is known" };
    const isNullable = hasNulls(leaf, metadata);
    return { name, type, typeName: type, isNullable, shape: list.shape, axes: list.axes };
  }
  if (tree.children.length > 0) return { ...none, typeName: "a structure" };
  const type = tree.element.repetition_type === "REPEATED" ? undefined : numberType(tree.element);
  if (!type) return { ...none, typeName: typeName(tree.element) };
  return { name, type, typeName: type, isNullable: hasNulls(tree, metadata), shape: [] };
}

const isList = ({ element }: SchemaTree): boolean => element.converted_type === "LIST" || element.logical_type?.type === "LIST";

/** The values of lists, however deep they are. */
function leafOf(tree: SchemaTree): SchemaTree | undefined {
  let at = tree;
  while (at.children.length > 0) {
    if (at.children.length > 1) return undefined;
    at = at.children[0] as SchemaTree;
  }
  return at;
}

/** Whether values may be missing: they may not be, or the file has counted none. */
function hasNulls(leaf: SchemaTree, { row_groups }: FileMetaData): boolean {
  if (leaf.path.length === 1 && leaf.element.repetition_type === "REQUIRED") return false;
  const path = leaf.path.join(".");
  return row_groups.some(({ columns }) => {
    const chunk = columns.find(({ meta_data }) => meta_data?.path_in_schema.join(".") === path);
    const nulls = chunk?.meta_data?.statistics?.null_count;
    return nulls === undefined || Number(nulls) !== 0;
  });
}

function numberType({
  type,
  converted_type: converted,
  logical_type: logical,
  precision = 0,
}: SchemaElement): NumberType | undefined {
  if (converted === "DECIMAL" || logical?.type === "DECIMAL") return precision <= EXACT_DIGITS ? "float64" : undefined;
  if (type === "DOUBLE") return "float64";
  if (type === "FLOAT" || logical?.type === "FLOAT16") return "float32";
  if (type !== "INT32" && type !== "INT64") return undefined;
  if (logical?.type === "INTEGER") return integer(logical.bitWidth, logical.isSigned);
  if (logical) return undefined;
  const named = /^(U?)INT_(\d+)$/.exec(converted ?? "");
  if (named) return integer(Number(named[2]), named[1] === "");
  return converted ? undefined : type === "INT32" ? "int32" : "int64";
}

const integer = (bits: number, isSigned: boolean) => `${isSigned ? "" : "u"}int${bits}` as NumberType;

const typeName = ({ type, converted_type, logical_type }: SchemaElement): string =>
  (logical_type?.type ?? converted_type ?? type ?? "nothing").toLowerCase().replace("utf8", "text").replace("string", "text");
