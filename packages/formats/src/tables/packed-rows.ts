import { type DType, dataError, type ErrorDetails, itemSize } from "@normstream/tensor";

/** Rows of a table, packed: `[rows, width]` elements of one dtype, little-endian. */
export interface PackedRows {
  readonly bytes: Uint8Array;
  readonly dtype: DType;
  readonly width: number;
}

/** Values of a column as decoders give them; null, undefined and NaN are missing. */
export type ColumnValues = ArrayLike<number | bigint | null | undefined | boolean>;

type NumberArray = Float64Array | Float32Array | Int32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

const ARRAYS = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
} as const;

/** Makes room for rows. */
export function packedRows(rows: number, width: number, dtype: DType): PackedRows {
  return { bytes: new Uint8Array(rows * width * itemSize(dtype)), dtype, width };
}

/**
 * Puts values of one column into packed rows.
 * @param values those of rows `from` on
 * @param at element of a row where they go
 * @throws NormstreamError of kind `data` for an integer beyond 2^53, and for a value that is missing where the file said that none is;
 * `sample` is counted from `firstRow`.
 */
export function packColumn(
  target: PackedRows,
  values: ColumnValues,
  at: number,
  from: number,
  where: ErrorDetails & { readonly column: string; readonly firstRow: number },
): void {
  const { bytes, dtype, width } = target;
  const out = elements(bytes, dtype);
  const isFloat = dtype === "float64" || dtype === "float32";
  const count = values.length;
  let place = from * width + at;
  // Views of numbers need no look at each of them.
  if (ArrayBuffer.isView(values) && !(values instanceof BigInt64Array) && !(values instanceof BigUint64Array)) {
    const numbers = values as unknown as NumberArray;
    if (width === 1) out.set(numbers, place);
    else for (let i = 0; i < count; i++, place += width) out[place] = numbers[i] as number;
    return;
  }
  for (let i = 0; i < count; i++, place += width) {
    const value = values[i];
    if (typeof value === "number") out[place] = value;
    else if (typeof value === "bigint") {
      const number = Number(value);
      if (!Number.isSafeInteger(number)) throw beyond(value, i + from, where);
      out[place] = number;
    } else if (isFloat && (value === null || value === undefined)) out[place] = Number.NaN;
    else throw missing(i + from, where);
  }
}

/** Packed bytes as the numbers that they are. @param bytes aligned to the element */
export function elements(bytes: Uint8Array, dtype: DType): NumberArray {
  const Type = ARRAYS[dtype as keyof typeof ARRAYS];
  return new Type(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength / itemSize(dtype)) as NumberArray;
}

interface Where extends ErrorDetails {
  readonly column: string;
  readonly firstRow: number;
}

const beyond = (value: bigint, row: number, { column, firstRow, ...where }: Where) =>
  dataError(`row ${firstRow + row}, column ${column}: ${value} is beyond what float64 holds exactly`, {
    ...where,
    expected: "integers from -2^53 to 2^53",
    hint: "Leave the column out with --select, or store it as floats.",
  });

const missing = (row: number, { column, firstRow, ...where }: Where) =>
  dataError(`row ${firstRow + row}, column ${column}: no number, though the file says that none is missing`, {
    ...where,
    hint: "Write the file again.",
  });
