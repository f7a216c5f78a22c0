import {
  defaultLayout,
  formatShape,
  geometryOf,
  type Layout,
  parseDType,
  type TensorSource,
  throwIfAborted,
  usageError,
} from "@normstream/tensor";
import { openHeaderSource } from "./bytes/header-source.js";
import { listArrays } from "./registry.js";
import { nameOf, requireDType, selectEntry } from "./selection.js";
import type { RawDescription, StoredArray } from "./stored-array.js";

/** Options of `openTensor`. */
export interface OpenOptions extends RawDescription {
  /** Order of the axes; default by rank (IDX of rank 3: NHW). */
  readonly layout?: Layout | undefined;
  /** Which tensor of a file that holds several. */
  readonly select?: string | undefined;
  /** Stops the opening with an error of kind `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a tensor in a local `.npy`, `.npz`, `.safetensors`, IDX (also gzip) or raw file; the format is told by its first bytes, then by its name.
 * Only the header is read. The result holds no open file: workers open it themselves, and `[Symbol.asyncDispose]` does nothing.
 *
 * @param options `shape` and `dtype` describe raw data, and must agree with a file that has a header.
 * @throws NormstreamError of kind `io` where the file cannot be read or is none; `data` where it is damaged or its dtype is not supported;
 * `usage` where `select`, `layout`, `shape` or `dtype` does not fit.
 */
export async function openTensor(path: string, options: OpenOptions = {}): Promise<TensorSource> {
  throwIfAborted(options.signal);
  await using source = await openHeaderSource(path);
  const { format, entries } = await listArrays(source, options, options.signal);
  const entry = selectEntry(entries, options.select, path);
  const name = nameOf(entry, entries, path);
  const array = await entry.read();
  throwIfAborted(options.signal);
  const dtype = requireDType(array, name);
  checkDescription(array, options, name);
  return {
    format,
    name,
    shape: array.shape,
    dtype,
    layout: layoutOf(array, options.layout, name),
    order: array.order,
    bigEndian: array.bigEndian,
    byteLength: array.byteLength,
    storage: array.storage,
    [Symbol.asyncDispose]: async () => {},
  };
}

/** A description that contradicts the header is a mistake that would otherwise go unseen. */
function checkDescription(array: StoredArray, { shape, dtype }: RawDescription, file: string): void {
  if (shape !== undefined && formatShape(shape) !== formatShape(array.shape)) {
    throw usageError("--shape contradicts the header", { file, expected: formatShape(array.shape), found: formatShape(shape) });
  }
  if (dtype !== undefined && parseDType(dtype).dtype !== array.dtype) {
    throw usageError("--dtype contradicts the header", { file, expected: array.dtypeName, found: dtype });
  }
}

function layoutOf(array: StoredArray, chosen: Layout | undefined, file: string): Layout {
  const { shape } = array;
  if (chosen === undefined && array.layout === undefined && (shape.length < 2 || shape.length > 5)) {
    throw usageError(`a tensor of shape ${formatShape(shape)} has no samples and channels`, {
      file,
      expected: "rank 2 (NC), 3 (NCL), 4 (NCHW) or 5 (NCDHW)",
      found: `rank ${shape.length}`,
    });
  }
  const layout = chosen ?? array.layout ?? defaultLayout(shape);
  geometryOf(shape, layout, { file });
  return layout;
}
