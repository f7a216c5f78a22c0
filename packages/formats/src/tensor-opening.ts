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
import { openInput } from "./input-opening.js";
import { findManifest } from "./manifest/manifest-place.js";
import { placeName } from "./places/place.js";
import { nameOf, requireDType, selectEntry } from "./selection.js";
import { STDIN } from "./stdin/reader.js";
import type { ChunkOptions, ImageOptions, RawDescription, StoredArray } from "./stored-array.js";

/** Options of `openTensor`. */
export interface OpenOptions extends RawDescription, ImageOptions, ChunkOptions {
  /** Order of the axes; default by rank (IDX of rank 3: NHW). */
  readonly layout?: Layout | undefined;
  /** Which tensor of a file that holds several. */
  readonly select?: string | undefined;
  /** Which split of a manifest; default: all of its parts, joined. */
  readonly split?: string | undefined;
  /** Stops the opening with an error of kind `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with the number of names that were seen, while the files of a folder are listed. */
  readonly onListed?: ((files: number) => void) | undefined;
  /** Called with the number of files whose headers have been read, as they are: that takes longer than listing them. */
  readonly onOpened?: ((files: number) => void) | undefined;
}

/**
 * Opens a tensor in a local `.npy`, `.npz`, `.safetensors`, IDX (also gzip) or raw file; the format is told by its first bytes, then by its name.
 * The files of a folder, or of a pattern (`parts/*.npy`, `{000..011}.npy`, `**`), are one tensor: joined along N, in the order of the
 * bytes of their paths; a file whose shape lacks the first axis of `layout` is one sample.
 * A manifest (`normstream.json`, or the folder that holds one) names parts, near and far, which are one tensor too; `split` chooses some.
 * `-` is standard input: `.npy`, IDX or described raw data, read once from first to last.
 * Only headers are read. The result holds no open file: workers open them themselves. `[Symbol.asyncDispose]` gives back the list of a
 * folder's files.
 *
 * @param options `shape` and `dtype` describe raw data, and must agree with a file that has a header.
 * @throws NormstreamError of kind `io` where the file cannot be read or is none; `data` where it is damaged or its dtype is not supported;
 * `usage` where `select`, `layout`, `shape` or `dtype` does not fit.
 */
export async function openTensor(path: string, options: OpenOptions = {}): Promise<TensorSource> {
  throwIfAborted(options.signal);
  const manifest = await findManifest(path);
  if (manifest !== undefined) {
    const { openManifest } = await import("./manifest/manifest-opening.js");
    return await openManifest(manifest, options, openPart);
  }
  if (options.split !== undefined) {
    throw usageError("--split goes with a manifest", { file: placeName(path), hint: "normstream init writes one." });
  }
  return await openPart(path, options);
}

/** Opens what is no manifest. */
export async function openPart(path: string, options: OpenOptions): Promise<TensorSource> {
  await using input = await openInput(path, options);
  const { format, entries, isSelected } = input;
  const file = path === STDIN ? "standard input" : placeName(path);
  const entry = selectEntry(entries, isSelected ? undefined : options.select, file);
  const name = nameOf(entry, entries, file);
  const array = await entry.read();
  try {
    throwIfAborted(options.signal);
    const dtype = requireDType(array, name);
    if (array.storage.kind === "file" || array.storage.kind === "stream") checkDescription(array, options, name);
    if (array.storage.kind !== "images") checkNoImageOptions(options, name);
    const { shape, order, bigEndian, byteLength, storage, channelNames, nanIsMissing, readers, notes } = array;
    const layout = layoutOf(array, options.layout, name);
    return {
      ...{ format, name, shape, dtype, layout, order, bigEndian, byteLength, storage },
      ...{ channelNames, nanIsMissing, readers, notes },
      [Symbol.asyncDispose]: async () => array.release?.(),
    };
  } catch (error) {
    array.release?.();
    throw error;
  }
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

/** @throws NormstreamError of kind `usage` where options of images were given for other data. */
function checkNoImageOptions({ color, resize, skipBad }: ImageOptions, file: string): void {
  const given = color !== undefined ? "--color" : resize !== undefined ? "--resize" : skipBad ? "--skip-bad" : undefined;
  if (given) throw usageError(`${given} goes with images`, { file, hint: `Leave out ${given}.` });
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
