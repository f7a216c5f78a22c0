import { type DType, dataError, elementCount, internalError, itemSize, throwIfAborted } from "@normstream/tensor";
import type { HeaderSource } from "./bytes/header-source.js";
import { fromFortranOrder, widen } from "./bytes/widening.js";
import { openHeaderSource } from "./places/header-source-opening.js";
import { listArrays } from "./registry.js";
import { problemOf } from "./selection.js";
import type { StoredArray } from "./stored-array.js";

/** A tensor of a file, whole. */
export interface NamedTensor {
  readonly name: string;
  /** Of any rank; `[]` for a scalar. */
  readonly shape: readonly number[];
  /** Of the file: a dtype, or `int64`, which PyTorch's `num_batches_tracked` has. */
  readonly dtype: DType | "int64";
  /** The elements in C order: BigInts for int64, else widened to float64; the caller's own. */
  readonly data: Float64Array | BigInt64Array;
}

/** What is read whole is small: more than this is a mistake. */
const MAX_BYTES = 64_000_000;

/**
 * Reads some of a file's named tensors whole: parameters of a layer among those of a model.
 * @param take which, by its name in the file
 * @returns `tensors`, in the file's order, and `names`: all that the file holds, empty where its format has no names
 * @throws NormstreamError of kind `data` for a tensor that would take more than 64 MB as float64, is damaged or of a dtype that is not
 * supported; `io` where the file cannot be read
 */
export async function readNamedTensors(
  path: string,
  take: (name: string) => boolean,
  signal?: AbortSignal,
): Promise<{ readonly tensors: readonly NamedTensor[]; readonly names: readonly string[] }> {
  await using source = await openHeaderSource(path);
  const { entries } = await listArrays(source, {}, signal);
  const tensors: NamedTensor[] = [];
  for (const { name, read } of entries) {
    if (name !== undefined && take(name)) tensors.push(await tensorOf(name, await read(), source, signal));
  }
  return { tensors, names: entries.flatMap(({ name }) => (name === undefined ? [] : [name])) };
}

async function tensorOf(
  name: string,
  array: StoredArray,
  source: HeaderSource,
  signal: AbortSignal | undefined,
): Promise<NamedTensor> {
  const { shape, order, bigEndian } = array;
  const file = `${source.name}:${name}`;
  const dtype = array.dtype ?? (isInt64(array) ? "int64" : undefined);
  if (dtype === undefined) throw problemOf(array, file);
  const bytes = await readSmallArray(array, dtype, file, source, signal);
  if (dtype === "int64") return { name, shape, dtype, data: int64Of(bytes, bigEndian) };
  const values = widen(bytes, dtype, bigEndian);
  return { name, shape, dtype, data: order === "F" ? fromFortranOrder(values, shape) : values };
}

/** Scalars and vectors alone: nothing of higher rank is counted in int64. */
const isInt64 = ({ dtypeName, shape }: StoredArray): boolean =>
  (dtypeName === "I64" || dtypeName === "int64") && shape.length <= 1;

function int64Of(bytes: Uint8Array, bigEndian: boolean): BigInt64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return BigInt64Array.from({ length: bytes.length / 8 }, (_, i) => view.getBigInt64(i * 8, !bigEndian));
}

/**
 * The bytes of an array that is small enough to be read whole.
 * @param file what to call it in a message
 */
export async function readSmallArray(
  array: StoredArray,
  dtype: DType | "int64",
  file: string,
  source: HeaderSource,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const count = elementCount(array.shape, { file });
  if (count * 8 > MAX_BYTES) {
    throw dataError("the vector is too large", { file, expected: `at most ${MAX_BYTES / 8} values`, found: `${count}` });
  }
  const bytes = await readAll(array, source, signal);
  if (bytes.length !== count * (dtype === "int64" ? 8 : itemSize(dtype))) {
    throw dataError("the file shrank while it was read", {
      file,
      expected: `${array.byteLength} bytes`,
      found: `${bytes.length}`,
    });
  }
  return bytes;
}

async function readAll(
  { storage, byteLength }: StoredArray,
  source: HeaderSource,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  throwIfAborted(signal);
  if (storage.kind === "file") {
    if (storage.path === source.path) return source.read(storage.byteOffset, byteLength);
    // One of the files of an index.
    await using file = await openHeaderSource(storage.path, signal);
    return await file.read(storage.byteOffset, byteLength);
  }
  if (storage.kind !== "stream") throw internalError("a small array is read from a file or stream");
  const chunks: Uint8Array[] = [];
  for await (const chunk of storage.open(signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
