import {
  type ArrayPart,
  type DType,
  dataError,
  formatShape,
  itemSize,
  type Layout,
  type PartsStorage,
  usageError,
} from "@normstream/tensor";
import type { StoredArray } from "../stored-array.js";
import { PartIndex } from "./part-index.js";

/** One array of a set, and what to call it. */
export interface NamedArray {
  readonly name: string;
  readonly array: StoredArray;
  readonly dtype: DType;
}

/**
 * Joins arrays along N, in the order in which they come. All must have one dtype, and one shape but for N. Where the layout has an axis
 * more than they, each is one sample.
 * @param holds where it is known that each holds samples along its first axis
 * @throws NormstreamError of kind `data` for an array that differs from the first one; `usage` where it cannot be told whether an array is
 * a sample or holds some.
 */
export async function joinArrays(
  path: string,
  arrays: AsyncIterable<NamedArray>,
  chosen: Layout | undefined,
  holds?: "samples",
): Promise<{ readonly array: StoredArray; readonly index: PartIndex }> {
  const index = new PartIndex();
  try {
    let first: NamedArray | undefined;
    let isSample = false;
    let chunkSamples = 0;
    let chunkBytes = 0;
    for await (const next of arrays) {
      first ??= next;
      if (next === first) isSample = holds === undefined && isSampleEach(next, chosen);
      checkAlike(next, first, isSample);
      const { array, name } = next;
      const { storage } = array;
      if (storage.kind === "decoded") {
        chunkSamples = Math.max(chunkSamples, storage.chunkSamples);
        chunkBytes = Math.max(chunkBytes, storage.chunkBytes);
      }
      const samples = isSample ? 1 : (array.shape[0] as number);
      if (samples === 0) continue;
      index.add({ name, samples, order: array.order, bigEndian: array.bigEndian, storage: positional(next) });
    }
    if (!first) throw noFiles(path);
    const inner = isSample ? first.array.shape : first.array.shape.slice(1);
    const shape = [index.samples, ...inner];
    const storage: PartsStorage = {
      kind: "parts",
      path,
      count: Math.max(1, index.count),
      ...(chunkSamples > 0 ? { chunkSamples, chunkBytes } : {}),
      slice: (from, to) => index.slice(from, to),
    };
    const byteLength = shape.reduce((product, extent) => product * extent, itemSize(first.dtype));
    const { layout: _, hint: __, ...common } = first.array;
    const layout = isSample ? undefined : first.array.layout;
    return { array: { ...common, shape, byteLength, layout, packing: "stored", storage }, index };
  } catch (error) {
    index[Symbol.dispose]();
    throw error;
  }
}

export const noFiles = (path: string) =>
  dataError("there is no file of data", {
    file: path,
    expected: "tensors or images",
    hint: "Name another folder, or a pattern in quotes.",
  });

/** Whether each array is one sample: its shape has an axis fewer than the layout. */
function isSampleEach({ array: { shape, layout, packing }, name }: NamedArray, chosen: Layout | undefined): boolean {
  if (chosen !== undefined) return shape.length === chosen.length - 1;
  if (shape.length === 1) return true;
  if (shape.length === 3 && layout === undefined && packing === "stored") {
    throw usageError(`files of shape ${formatShape(shape)} may be a sample each, or hold ${shape[0]} samples`, {
      file: name,
      hint: "Say which: --layout NCHW or NHWC (a sample each), --layout NCL or NHW (samples along the first axis).",
    });
  }
  return false;
}

function checkAlike(next: NamedArray, first: NamedArray, isSample: boolean): void {
  const inner = ({ array: { shape } }: NamedArray) => (isSample ? shape : shape.slice(1));
  if (next.dtype !== first.dtype) {
    throw dataError("files of different dtypes are no data set", {
      file: next.name,
      expected: `${first.dtype}, as in ${first.name}`,
      found: next.dtype,
    });
  }
  if (next.array.shape.length !== first.array.shape.length || inner(next).join() !== inner(first).join()) {
    const shown = (array: NamedArray) => (isSample ? formatShape(inner(array)) : `[N, ${inner(array).join(", ")}]`);
    throw dataError("files of different shapes are no data set", {
      file: next.name,
      expected: `${shown(first)}, as in ${first.name}`,
      found: formatShape(next.array.shape),
    });
  }
  const [names, expected] = [next.array.channelNames, first.array.channelNames];
  if (names?.join("\n") !== expected?.join("\n")) {
    throw dataError("files of different columns are no data set", {
      file: next.name,
      expected: `${expected?.join(", ")}, as in ${first.name}`,
      found: names?.join(", ") ?? "no names",
    });
  }
}

function positional({ array: { storage }, name }: NamedArray): ArrayPart["storage"] {
  if (storage.kind === "file" || storage.kind === "decoded") return storage;
  throw usageError("a packed file cannot be one of several", {
    file: name,
    hint: "Unpack it (gunzip, or np.savez without compression), or name it alone.",
  });
}
