import type { Packing } from "./stored-array.js";

/** What a header says of one tensor. */
export interface TensorDescription {
  /** Its name in the file: what `select` takes. Undefined where the format has no names. */
  readonly name: string | undefined;
  readonly shape: readonly number[];
  /** Canonical name of the dtype; where it is not supported, what the file calls it. */
  readonly dtype: string;
  readonly order: "C" | "F";
  readonly bigEndian: boolean;
  /** Bytes of all elements, unpacked. */
  readonly byteLength: number;
  readonly packing: Packing;
  /** In how many files it is, where it is in several. */
  readonly files: number | null;
  /** Why it cannot be opened, and what to do; undefined where it can. */
  readonly problem: string | undefined;
}
