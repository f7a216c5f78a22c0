import { type DType, dataError, type NormstreamError, usageError } from "@normstream/tensor";
import type { ArrayEntry, StoredArray } from "./stored-array.js";

/** A message lists no more names than this. */
const MAX_LISTED = 20;

/**
 * The array that `select` names (`weights`, or `weights.npy` in an archive); the only one where it names none.
 * @throws NormstreamError of kind `usage` where the choice is missing or wrong: it lists the names.
 */
export function selectEntry(entries: readonly ArrayEntry[], select: string | undefined, file: string): ArrayEntry {
  const [first, second] = entries;
  if (!first)
    throw dataError("the file holds no tensor", {
      file,
      expected: "one or more",
      hint: "Write the file again, or name another one.",
    });
  if (select === undefined) {
    if (second === undefined) return first;
    throw usageError(`the file holds ${entries.length} tensors`, {
      file,
      expected: "one to be named",
      hint: `Choose with --select: ${listNames(entries)}.`,
    });
  }
  if (first.name === undefined) {
    throw usageError(`the file's one tensor has no name, so that "${select}" cannot select it`, {
      file,
      hint: "Leave out --select.",
    });
  }
  const entry = entries.find(({ name }) => name === select) ?? entries.find(({ name }) => `${name}.npy` === select);
  if (!entry) throw usageError(`the file holds no tensor "${select}"`, { file, hint: `It holds ${listNames(entries)}.` });
  return entry;
}

function listNames(entries: readonly ArrayEntry[]): string {
  const names = entries.slice(0, MAX_LISTED).map(({ name }) => name);
  return names.join(", ") + (entries.length > MAX_LISTED ? ` and ${entries.length - MAX_LISTED} more` : "");
}

/** What to call an array in a message: the file, and its name where there are several. */
export const nameOf = (entry: ArrayEntry, entries: readonly ArrayEntry[], file: string): string =>
  entry.name !== undefined && entries.length > 1 ? `${file}:${entry.name}` : file;

/** Why an array cannot be opened: its dtype is not supported, or how it is packed. It says what to do. */
export function problemOf(array: StoredArray, name: string): NormstreamError | undefined {
  if (array.problem) {
    const { what, ...details } = array.problem;
    return dataError(what, { file: name, ...details });
  }
  if (array.dtype !== undefined) return undefined;
  return dataError(`dtype ${array.dtypeName} is not supported`, {
    file: name,
    expected: "float64, float32, float16, bfloat16, int32, int16, uint16, int8 or uint8",
    hint: array.hint,
  });
}

/** @throws NormstreamError of kind `data` for a dtype that Normstream does not compute with, or elements that it cannot read. */
export function requireDType(array: StoredArray, name: string): DType {
  const problem = problemOf(array, name);
  if (problem || array.dtype === undefined) throw problem;
  return array.dtype;
}
