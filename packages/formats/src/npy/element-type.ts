import { type DType, itemSize } from "@normstream/tensor";

/** What NumPy's type string says. */
export interface ElementType {
  /** Canonical name (`float32`), or the type string itself where it has none. */
  readonly name: string;
  /** Undefined where Normstream does not compute with it. */
  readonly dtype: DType | undefined;
  readonly bigEndian: boolean;
  /** What to convert to, where `dtype` is undefined. */
  readonly hint?: string;
}

const SUPPORTED: Record<string, DType> = {
  f8: "float64",
  f4: "float32",
  f2: "float16",
  i4: "int32",
  i2: "int16",
  u2: "uint16",
  i1: "int8",
  u1: "uint8",
};

const OTHERS: Record<string, readonly [name: string, hint: string]> = {
  i8: ["int64", "Convert with a.astype('int32') if the values fit, else a.astype('float64')."],
  u8: ["uint64", "Convert with a.astype('float64')."],
  u4: ["uint32", "Convert with a.astype('float64')."],
  b1: ["bool", "Convert with a.astype('uint8')."],
  c8: ["complex64", "Save a.real and a.imag as two arrays of float32."],
  c16: ["complex128", "Save a.real and a.imag as two arrays of float64."],
  f16: ["longdouble", "Convert with a.astype('float64')."],
  f12: ["longdouble", "Convert with a.astype('float64')."],
  V2: ["void16", "If it is bfloat16, save it as .safetensors, or convert with a.astype('float32')."],
};

/** Reads a type string such as `<f4`, `>i2`, `|u1`, `=f8`, `|O`; `undefined` stands for a structured type. */
export function elementType(descr: string | undefined): ElementType {
  if (descr === undefined) {
    return {
      name: "structured",
      dtype: undefined,
      bigEndian: false,
      hint: "Save each field as an array of its own: a['field'].",
    };
  }
  const match = /^([<>|=]?)(\w+)$/.exec(descr);
  const code = match?.[2] ?? "";
  const bigEndian = match?.[1] === ">";
  const dtype = Object.hasOwn(SUPPORTED, code) ? SUPPORTED[code] : undefined;
  if (dtype) return { name: dtype, dtype, bigEndian };
  const other = Object.hasOwn(OTHERS, code) ? OTHERS[code] : undefined;
  if (other) return { name: other[0], dtype: undefined, bigEndian, hint: other[1] };
  if (code.startsWith("O"))
    return {
      name: "object",
      dtype: undefined,
      bigEndian,
      hint: "Python objects are not read: convert with np.stack(a) or a.astype('float32').",
    };
  return { name: descr, dtype: undefined, bigEndian, hint: "Convert with a.astype('float32')." };
}

/** The type string that NumPy writes for a dtype; undefined for bfloat16, which it does not have. */
export function typeString(dtype: DType): string | undefined {
  const code = Object.keys(SUPPORTED).find((known) => SUPPORTED[known] === dtype);
  return code && (itemSize(dtype) === 1 ? `|${code}` : `<${code}`);
}
