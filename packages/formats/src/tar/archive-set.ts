import { dataError, type FileStorage, internalError, throwIfAborted, usageError } from "@normstream/tensor";
import { rangeSource } from "../bytes/range-source.js";
import { readIdx } from "../idx/reader.js";
import { type ImageFile, ImageIndex } from "../images/image-index.js";
import { RecordIndex } from "../listing/record-index.js";
import { readNpy } from "../npy/reader.js";
import { openHeaderSource } from "../places/header-source-opening.js";
import { readSafetensors } from "../safetensors/reader.js";
import { requireDType, selectEntry } from "../selection.js";
import { type DataKind, dataKindOf } from "../sets/data-files.js";
import { joinArrays, type NamedArray } from "../sets/joined-arrays.js";
import type { ArrayListing, ArrayReader, SetOptions, StoredArray } from "../stored-array.js";
import { tarMembers } from "./members.js";

/** A member of data: archive, name, first byte, bytes. */
type MemberRecord = readonly [archive: number, name: string, byteOffset: number, byteLength: number];

/** What members are called from the first dot of their name on: `jpg`, `seg.png`. */
const extensionOf = (name: string): string => {
  const base = name.slice(name.lastIndexOf("/") + 1);
  return base.slice(base.indexOf(".") + 1);
};
const keyOf = (name: string): string => name.slice(0, name.length - extensionOf(name).length);

/**
 * Opens tar archives as one data set (WebDataset): their headers are read once, then each member by its range. Members whose names are the
 * same up to the first dot are one sample; where that has several of data, `select` names one by what stands behind the dot.
 */
export async function openArchives(path: string, archives: AsyncIterable<string>, options: SetOptions): Promise<ArrayListing> {
  const found = new DataMembers();
  try {
    for await (const archive of archives) await found.index(archive, options);
  } catch (error) {
    found[Symbol.dispose]();
    throw error;
  }
  if (found.extensions.size === 0) {
    found[Symbol.dispose]();
    throw dataError("there is no member of data", { file: path, expected: "tensors or images" });
  }
  const common = { format: "tar", release: () => found[Symbol.dispose]() };
  if (found.isOneEach) return { ...common, entries: [{ name: undefined, read: () => found.open(path, undefined, options) }] };
  const entries = [...found.extensions.keys()].map((name) => ({ name, read: () => found.open(path, name, options) }));
  return { ...common, entries };
}

class DataMembers implements Disposable {
  readonly #records = new RecordIndex();
  readonly #archives: Required<ImageFile>[] = [];
  /** What there is, in order of appearance. */
  readonly extensions = new Map<string, DataKind>();
  /** Whether no sample has two members of data, and all are of one kind. */
  isOneEach = true;
  #last = "";
  #passedOver = 0;
  #members = 0;

  async index(path: string, { signal, onListed }: SetOptions): Promise<void> {
    await using source = await openHeaderSource(path);
    const archive = this.#archives.push({ path, identity: source.identity }) - 1;
    this.#last = "";
    for await (const { name, byteOffset, byteLength } of tarMembers(source, signal)) {
      if (++this.#members % 1024 === 0) onListed?.(this.#members);
      const isHidden = name.slice(name.lastIndexOf("/") + 1).startsWith(".");
      const known = isHidden ? undefined : dataKindOf(name, false);
      if (!known || known.kind === "archive") {
        this.#passedOver++;
        continue;
      }
      const key = keyOf(name);
      if (key === this.#last) this.isOneEach = false;
      this.#last = key;
      this.extensions.set(extensionOf(name), known.kind);
      const record: MemberRecord = [archive, name, byteOffset, byteLength];
      this.#records.add(JSON.stringify(record));
    }
    const [first] = this.extensions.values();
    if ([...this.extensions.values()].some((kind) => kind !== first)) this.isOneEach = false;
  }

  /** @param extension which members; undefined for all. */
  async open(path: string, extension: string | undefined, options: SetOptions): Promise<StoredArray> {
    const kind = extension === undefined ? [...this.extensions.values()][0] : this.extensions.get(extension);
    const array =
      kind === "image" ? await this.#openImages(path, extension, options) : await this.#openArrays(path, extension, options);
    const count = this.#passedOver;
    const notes =
      count === 0
        ? []
        : [`passed over ${count} ${count === 1 ? "member" : "members"} of ${path} that ${count === 1 ? "is" : "are"} no data`];
    return { ...array, notes };
  }

  [Symbol.dispose](): void {
    this.#records[Symbol.dispose]();
  }

  *#chosen(extension: string | undefined): Generator<MemberRecord> {
    for (const line of this.#records.from(0)) {
      const record = JSON.parse(line) as MemberRecord;
      if (extension === undefined || extensionOf(record[1]) === extension) yield record;
    }
  }

  async #openImages(path: string, extension: string | undefined, options: SetOptions): Promise<StoredArray> {
    const index = new ImageIndex();
    try {
      for (const [archive, name, byteOffset, byteLength] of this.#chosen(extension)) {
        index.addRange(this.#archives[archive] as ImageFile, { name, byteOffset, byteLength });
      }
      const { imageArray } = await import("../images/image-set.js");
      return await imageArray(path, index, options);
    } catch (error) {
      index[Symbol.dispose]();
      throw error;
    }
  }

  async #openArrays(path: string, extension: string | undefined, options: SetOptions): Promise<StoredArray> {
    const archives = this.#archives;
    const records = this.#chosen(extension);
    async function* arrays(): AsyncGenerator<NamedArray> {
      let open: { readonly archive: number; readonly source: Awaited<ReturnType<typeof openHeaderSource>> } | undefined;
      try {
        for (const [archive, member, byteOffset, byteLength] of records) {
          throwIfAborted(options.signal);
          const file = archives[archive] as Required<ImageFile>;
          if (open?.archive !== archive) {
            await open?.source[Symbol.asyncDispose]();
            open = { archive, source: await openHeaderSource(file.path) };
          }
          const name = `${file.path}:${member}`;
          const source = rangeSource(open.source, name, byteOffset, byteLength);
          const listing = await readerOf(name)(source, {});
          const entry = selectEntry(listing.entries, undefined, name);
          const array = await entry.read();
          yield {
            name,
            array: { ...array, storage: inArchive(array, file, byteOffset, name) },
            dtype: requireDType(array, name),
          };
        }
      } finally {
        await open?.source[Symbol.asyncDispose]();
      }
    }
    const { array, index } = await joinArrays(path, arrays(), options.layout);
    return { ...array, release: () => index[Symbol.dispose]() };
  }
}

/** Readers of formats whose elements stand as they are. */
const MEMBER_READERS: readonly (readonly [RegExp, ArrayReader])[] = [
  [/\.npy$/i, readNpy],
  [/\.safetensors$/i, readSafetensors],
  [/(\.idx|[.-]idx\d-u?byte)$/i, readIdx],
];

/** @throws NormstreamError of kind `usage` for a format that is not read out of an archive. */
function readerOf(name: string): ArrayReader {
  const reader = MEMBER_READERS.find(([pattern]) => pattern.test(name))?.[1];
  if (reader) return reader;
  throw usageError("this format is not read out of an archive", {
    file: name,
    expected: ".npy, .safetensors, IDX or images",
    hint: "Unpack the archive.",
  });
}

/** Where a member's elements stand in its archive. */
function inArchive(
  { storage }: StoredArray,
  { path, identity }: Required<ImageFile>,
  byteOffset: number,
  name: string,
): FileStorage {
  if (storage.kind !== "file") throw internalError("a member whose elements do not stand in it", { file: name });
  return { kind: "file", path, byteOffset: byteOffset + storage.byteOffset, identity: identity as FileStorage["identity"] };
}
