import type { DType } from "@normstream/tensor";

/** The dtypes that Normstream computes with, as safetensors spells them. */
const SUPPORTED: Record<string, DType> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I32: "int32",
  I16: "int16",
  U16: "uint16",
  I8: "int8",
  U8: "uint8",
};

/** Bytes of an element of the other dtypes that fill whole bytes. */
const OTHER_SIZES: Record<string, number> = { I64: 8, U64: 8, U32: 4, BOOL: 1, F8_E4M3: 1, F8_E5M2: 1, F8_E8M0: 1, C64: 8 };

/** The dtype behind a safetensors name; undefined where Normstream does not compute with it. */
export const dtypeOfCode = (code: string): DType | undefined => (Object.hasOwn(SUPPORTED, code) ? SUPPORTED[code] : undefined);

/** Bytes of an element of a dtype that is not supported; undefined where the name is not known. */
export const otherItemSize = (code: string): number | undefined =>
  Object.hasOwn(OTHER_SIZES, code) ? OTHER_SIZES[code] : undefined;

/** The safetensors name of a dtype. */
export const codeOfDType = (dtype: DType): string => Object.keys(SUPPORTED).find((code) => SUPPORTED[code] === dtype) ?? "";

/** What to do with a dtype that is not supported. */
export const conversionHint = (code: string): string =>
  code.startsWith("C") ? "Save the real and the imaginary part as two tensors." : "Convert it with tensor.to(torch.float32).";
