import type { DType } from "@normstream/tensor";

/** What the values of a column are, as far as they are numbers. */
export type NumberType = "uint8" | "int8" | "uint16" | "int16" | "int32" | "uint32" | "int64" | "uint64" | "float32" | "float64";

/** One column of a table, as a channel. */
export interface Column {
  readonly name: string;
  /** Undefined for what is no number: text, dates, lists. */
  readonly type: NumberType | undefined;
  /** What the file calls its values: `text`, `timestamp`. */
  readonly typeName: string;
  /** Whether values may be missing. */
  readonly isNullable: boolean;
  /** Extents of each value, where it is a list of fixed size; a number has none. */
  readonly shape: readonly number[];
  /** What the extents are called, where the file says so. */
  readonly axes?: readonly string[] | undefined;
}

const WIDTH: Readonly<Record<NumberType, { readonly bits: number; readonly kind: "unsigned" | "signed" | "float" }>> = {
  uint8: { bits: 8, kind: "unsigned" },
  int8: { bits: 8, kind: "signed" },
  uint16: { bits: 16, kind: "unsigned" },
  int16: { bits: 16, kind: "signed" },
  int32: { bits: 32, kind: "signed" },
  uint32: { bits: 32, kind: "unsigned" },
  int64: { bits: 64, kind: "signed" },
  uint64: { bits: 64, kind: "unsigned" },
  float32: { bits: 32, kind: "float" },
  float64: { bits: 64, kind: "float" },
};

/**
 * The narrowest dtype that holds the values of all columns exactly. Missing values want a float, where they are NaN. Integers of 64 bits
 * become float64: those beyond 2^53 are refused where they are met.
 */
export function commonDType(columns: readonly Pick<Column, "type" | "isNullable">[]): DType {
  const types = columns.map(({ type }) => WIDTH[type ?? "float64"]);
  const isFloat = types.some(({ kind }) => kind === "float") || columns.some(({ isNullable }) => isNullable);
  const most = (kind: string) => Math.max(0, ...types.filter((type) => type.kind === kind).map(({ bits }) => bits));
  const [unsigned, signed, float] = [most("unsigned"), most("signed"), most("float")];
  if (isFloat) return float > 32 || Math.max(unsigned, signed) > 16 ? "float64" : "float32";
  if (signed === 0 && unsigned <= 16) return unsigned === 8 ? "uint8" : "uint16";
  // A sign beside unsigned values takes the next wider type.
  const bits = Math.max(signed, unsigned === 0 ? 0 : unsigned * 2);
  if (bits > 32) return "float64";
  return bits === 8 ? "int8" : bits === 16 ? "int16" : "int32";
}
