import { dataError, throwIfAborted } from "@normstream/tensor";
import { ImageIndex } from "../images/image-index.js";
import { openHeaderSource } from "../places/header-source-opening.js";
import { listArrays } from "../registry.js";
import { nameOf, requireDType, selectEntry } from "../selection.js";
import type { ArrayListing, SetOptions, StoredArray } from "../stored-array.js";
import { isRaster, isTiff } from "../tiff/kind.js";
import { type DataKind, dataKindOf, RASTER, TIFF } from "./data-files.js";
import type { FileSet } from "./file-set.js";
import { joinArrays, type NamedArray, noFiles } from "./joined-arrays.js";

/** Files whose headers are read at once. */
const OPENED_AHEAD = 8;

/** What a walk found beside the files of the data set. */
interface PassedOver {
  count: number;
  first: string;
}

/**
 * Opens the files of a folder or pattern as one data set along N, in the order of their paths' bytes. What kind of files it is of, the
 * first of them says; files that are no data are passed over, and counted in a note.
 * @throws NormstreamError of kind `data` where files of data differ in format, dtype or shape, or there are none.
 */
export async function openSet(set: FileSet, options: SetOptions): Promise<ArrayListing> {
  const { signal, onListed } = options;
  const walk = set.walk({ signal, onSeen: onListed });
  const isDescribed = options.shape !== undefined;
  const passedOver: PassedOver = { count: 0, first: "" };
  for await (const relative of walk) {
    const named = dataKindOf(relative, isDescribed);
    if (!named) {
      passOver(passedOver, set.pathOf(relative));
      continue;
    }
    const isOfRasters = TIFF.test(relative) && (await isRasterFile(set.pathOf(relative)));
    const known = isOfRasters ? RASTER : named;
    const kindOf = (name: string) => (isOfRasters && TIFF.test(name) ? RASTER : dataKindOf(name, isDescribed));
    const files = restOf(set, relative, known, walk, kindOf, passedOver);
    if (known.kind === "archive") {
      const { openArchives } = await import("../tar/archive-set.js");
      // Leaving this loop ends the walk: not before all of it has been read.
      return await openArchives(set.path, files, options);
    }
    const { format, array } =
      known.kind === "image"
        ? await openImages(set, files, options)
        : await openArrays(set, files, { ...options, isRaster: isOfRasters });
    return { format, isSelected: true, entries: [{ name: undefined, read: async () => withNote(array, passedOver) }] };
  }
  throw noFiles(set.path);
}

function passOver(passedOver: PassedOver, path: string): void {
  if (passedOver.count++ === 0) passedOver.first = path;
}

function withNote(array: StoredArray, { count, first }: PassedOver): StoredArray {
  if (count === 0) return array;
  const note =
    count === 1 ? `passed over ${first}, which is no data` : `passed over ${count} files that are no data (first: ${first})`;
  return { ...array, notes: [...(array.notes ?? []), note] };
}

/** The set's files of data, the first one included, by their own paths. */
async function* restOf(
  set: FileSet,
  first: string,
  { kind, format }: { readonly kind: DataKind; readonly format: string },
  walk: AsyncGenerator<string>,
  kindOf: (name: string) => ReturnType<typeof dataKindOf>,
  passedOver: PassedOver,
): AsyncGenerator<string> {
  yield set.pathOf(first);
  for await (const relative of walk) {
    const path = set.pathOf(relative);
    const known = kindOf(relative);
    if (!known) passOver(passedOver, path);
    else if (known.kind === kind && known.format === format) yield path;
    else {
      throw dataError("files of different formats are no data set", {
        file: path,
        expected: `${format}, as in ${set.pathOf(first)}`,
        found: known.format,
        hint: `Name those that belong together by a pattern in quotes, such as "${set.base}/*${first.slice(first.lastIndexOf("."))}".`,
      });
    }
  }
}

async function isRasterFile(path: string): Promise<boolean> {
  await using source = await openHeaderSource(path);
  return isTiff(await source.read(0, 4)) && (await isRaster(source));
}

async function openImages(
  set: FileSet,
  files: AsyncIterable<string>,
  options: SetOptions,
): Promise<{ readonly format: string; readonly array: StoredArray }> {
  const index = new ImageIndex();
  try {
    for await (const path of files) index.addFile(path);
    const { imageArray } = await import("../images/image-set.js");
    return { format: "images", array: await imageArray(set.path, index, options) };
  } catch (error) {
    index[Symbol.dispose]();
    throw error;
  }
}

async function openArrays(
  set: FileSet,
  files: AsyncIterable<string>,
  options: SetOptions,
): Promise<{ readonly format: string; readonly array: StoredArray }> {
  const { select, layout, signal, onOpened } = options;
  let format = "";
  const open = async (path: string): Promise<NamedArray> => {
    await using source = await openHeaderSource(path);
    const listing = await listArrays(source, options, signal);
    if (format === "") format = listing.format;
    const entry = selectEntry(listing.entries, listing.isSelected ? undefined : select, path);
    const name = nameOf(entry, listing.entries, path);
    const array = await entry.read();
    return { name, array, dtype: requireDType(array, name) };
  };
  async function* arrays(): AsyncGenerator<NamedArray> {
    const opening: Promise<NamedArray>[] = [];
    let opened = 0;
    const first = async () => {
      const array = (await opening.shift()) as NamedArray;
      onOpened?.(++opened);
      return array;
    };
    for await (const path of files) {
      throwIfAborted(signal);
      const array = open(path);
      // Its error is told when its turn comes.
      array.catch(() => {});
      opening.push(array);
      if (opening.length >= OPENED_AHEAD) yield await first();
    }
    while (opening.length > 0) yield await first();
  }
  const { array, index } = await joinArrays(set.path, arrays(), layout);
  return { format, array: { ...array, release: () => index[Symbol.dispose]() } };
}
