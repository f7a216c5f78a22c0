import { dataError, formatShape, usageError } from "@normstream/tensor";
import { assertOptions, kindOf } from "../arguments.js";

/** A tensor of a state dict. */
export interface StateTensor {
  /** `[C]`, the last extents with layer norm, or `[]` for `num_batches_tracked`. */
  readonly shape: readonly number[];
  /** The elements in C order, as the file has them; 16-bit floats widened to float32. */
  readonly data: Float64Array | Float32Array | BigInt64Array;
}

/** What a state dict may hold under a name: numbers, with a shape or without. */
export type StateEntry =
  | number
  | bigint
  | ArrayLike<number>
  | ArrayLike<bigint>
  | {
      /** Its elements. */
      readonly data: ArrayLike<number> | ArrayLike<bigint>;
      /** As the file says it; `[]` for a scalar. */
      readonly shape?: readonly number[];
    };

/** A layer's parameters and averages by PyTorch's names: `weight`, `bias`, `running_mean`, `running_var`, `num_batches_tracked`. */
export type StateDict = Readonly<Record<string, StateEntry>>;

/** What `stateDict` gives: copies, float64. A name that the layer does not have is not there. */
export type LayerState = {
  /** γ: `[C]`, or an entry for each element of a row with layer norm. */
  readonly weight?: Float64Array;
  /** β, as `weight`. */
  readonly bias?: Float64Array;
  /** `[C]` */
  readonly running_mean?: Float64Array;
  /** `[C]` */
  readonly running_var?: Float64Array;
  /** Batches that the averages have seen. */
  readonly num_batches_tracked?: number;
};

/** How `loadStateDict` takes a dict. */
export interface LoadStateOptions {
  /** Whether names that are missing, or that the layer does not have, are errors; default true. False leaves both as they are. */
  readonly strict?: boolean;
}

/** A vector of a layer that a state dict fills, and the shape that it has in PyTorch. */
export interface StateVector {
  readonly into: Float64Array;
  readonly shape: readonly number[];
}

/** @throws NormstreamError of kind `usage` for what is no dict, or (strictly) a name that the layer does not have */
export function checkNames(dict: StateDict, known: readonly string[], strict: boolean): void {
  assertOptions(dict, "the entries of a state dict");
  if (!strict) return;
  const unknown = Object.keys(dict).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw usageError(`unknown name "${unknown.slice(0, 100)}" in a state dict`, {
    expected: known.length === 0 ? "none: this layer has no state" : known.join(", "),
    hint: unknown.includes(".") ? "Take the entries of one layer: readStateDict(path, { prefix })." : undefined,
  });
}

/**
 * The numbers that a dict has for a vector, as float64.
 * @returns null where they are missing and may be
 * @throws NormstreamError of kind `usage` for numbers that are missing, others than numbers, or too few or many; `data` for a negative variance
 */
export function readVector(dict: StateDict, name: string, { into, shape }: StateVector, strict: boolean): Float64Array | null {
  const entry = entryOf(dict, name);
  if (entry === undefined && !strict) return null;
  const fail = (expected: string, found: string): never => {
    throw usageError(`"${name}" in a state dict`, { expected, found });
  };
  const due = `${into.length} numbers`;
  if (entry === undefined) return fail(due, "nothing");
  if (typeof entry === "number" || typeof entry === "bigint") return fail(due, "a number");
  const values = "data" in entry ? entry.data : entry;
  if ("data" in entry && entry.shape !== undefined && entry.shape.join() !== shape.join()) {
    return fail(`shape ${formatShape(shape)}`, `shape ${formatShape(entry.shape)}`);
  }
  if (typeof values?.length !== "number" || typeof values === "string") return fail(due, kindOf(values));
  if (values.length !== into.length) return fail(due, `${values.length}`);
  return Float64Array.from({ length: into.length }, (_, i) => {
    const value: unknown = values[i];
    if (typeof value !== "number" && typeof value !== "bigint") return fail("numbers", `${kindOf(value)} at ${i}`);
    if (name === "running_var" && value < 0) throw dataError(`running_var holds ${value}`, { channel: i, expected: "0 or more" });
    return Number(value);
  });
}

/** @returns undefined where the dict has none. @throws NormstreamError of kind `usage` for what is no number of batches */
export function readBatches(dict: StateDict): number | undefined {
  const name = "num_batches_tracked";
  const entry = entryOf(dict, name);
  if (entry === undefined) return undefined;
  const values = typeof entry === "object" && "data" in entry ? entry.data : entry;
  const value = typeof values === "object" && values.length === 1 ? values[0] : values;
  const batches = typeof value === "bigint" ? Number(value) : value;
  if (typeof batches === "number" && Number.isSafeInteger(batches) && batches >= 0) return batches;
  throw usageError(`"${name}" in a state dict`, { expected: "a whole number of 0 or more", found: kindOf(batches) });
}

/** A dict's own entry: what every object has (`constructor`) is none. */
function entryOf(dict: StateDict, name: string): StateEntry | undefined {
  const entry = Object.hasOwn(dict, name) ? dict[name] : undefined;
  const isEntry = entry === undefined || typeof entry === "number" || typeof entry === "bigint" || typeof entry === "object";
  if (isEntry && entry !== null) return entry;
  throw usageError(`"${name}" in a state dict`, { expected: "numbers", found: entry === null ? "null" : typeof entry });
}
