import { dataError, formatShape, parseDType, type TensorSource, throwIfAborted, usageError } from "@normstream/tensor";
import { expandBraces } from "../listing/glob.js";
import { isFarPlace, placeName } from "../places/place.js";
import type { SetOptions } from "../stored-array.js";
import { joinTensors, type Stretch } from "./joined-tensors.js";
import type { Manifest, ManifestPart, SplitItem } from "./manifest.js";
import { readManifest, resolvePart } from "./manifest-place.js";

/** Opens what is no manifest. */
export type OpenPart = (path: string, options: SetOptions) => Promise<TensorSource>;

/** How a manifest is opened. */
export interface ManifestOptions extends SetOptions {
  /** Which of its splits; undefined: all parts. */
  readonly split?: string | undefined;
}

/**
 * Opens the parts that a manifest names as one tensor, joined along N in their order.
 * @param path of the manifest. @param openPart opens each of them
 * @throws NormstreamError: `data` where the manifest is wrong, or a part is not what it says; `usage` for a split that it does not have,
 * and for options that contradict it; `io`
 */
export async function openManifest(path: string, options: ManifestOptions, openPart: OpenPart): Promise<TensorSource> {
  const { split, shape, dtype, signal } = options;
  const manifest = await readManifest(path, signal);
  const name = split === undefined ? placeName(path) : `${placeName(path)}:${split}`;
  if (shape !== undefined || dtype !== undefined) {
    throw usageError("--shape and --dtype do not go with a manifest", { file: name, hint: "Write them into its parts." });
  }
  const items = itemsOf(manifest, split);
  const parts = new OpenParts(manifest, path, options, openPart);
  try {
    parts.check();
    const stretches: Stretch[] = [];
    for (const [i, item] of items.entries())
      stretches.push(...(await stretchesOf(parts, manifest, item, `/splits/${split}/${i}`)));
    const [first, second] = stretches;
    if (!first) throw dataError("the manifest names no part", { file: name });
    const isWhole = !second && first.from === 0 && first.to === first.source.shape[0];
    const joined = isWhole ? first.source : joinTensors(path, [first, ...stretches.slice(1)]);
    return { ...joined, name, [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose]() };
  } catch (error) {
    await parts[Symbol.asyncDispose]();
    throw error;
  }
}

/** @throws NormstreamError of kind `usage` for a split that the manifest does not have. */
function itemsOf({ file, parts, splits }: Manifest, split: string | undefined): readonly SplitItem[] {
  // All parts, which need no names.
  if (split === undefined) return [{ part: undefined, samples: undefined }];
  const items = splits.get(split);
  if (items) return items;
  const names = [...splits.keys()];
  throw usageError(`the manifest has no split "${split}"`, {
    file,
    hint: names.length > 0 ? `It has ${names.join(", ")}.` : `It has none, and ${parts.length} parts.`,
  });
}

async function stretchesOf(parts: OpenParts, manifest: Manifest, item: SplitItem, pointer: string): Promise<readonly Stretch[]> {
  const chosen = item.part === undefined ? manifest.parts : manifest.parts.filter(({ name }) => name === item.part);
  const all: Stretch[] = [];
  for (const part of chosen) {
    for (const source of await parts.open(part)) all.push({ source, from: 0, to: source.shape[0] as number });
  }
  if (!item.samples) return all;
  const [from, to] = item.samples;
  const of = all.reduce((sum, stretch) => sum + stretch.to, 0);
  if (to > of) {
    throw dataError(
      `samples ${from} to ${to} of ${item.part === undefined ? "the parts" : `part "${item.part}"`} are not there`,
      {
        file: manifest.file,
        expected: `at most ${of} (${pointer}/samples)`,
      },
    );
  }
  let start = 0;
  return all.flatMap(({ source, to: samples }) => {
    const first = Math.max(0, from - start);
    const last = Math.min(samples, to - start);
    start += samples;
    return first < last ? [{ source, from: first, to: last }] : [];
  });
}

/** Parts that are opened once each, however many splits name them. */
class OpenParts implements AsyncDisposable {
  readonly #manifest: Manifest;
  readonly #path: string;
  readonly #options: SetOptions;
  readonly #openPart: OpenPart;
  readonly #open = new Map<ManifestPart, readonly TensorSource[]>();
  readonly #all: TensorSource[] = [];

  constructor(manifest: Manifest, path: string, options: SetOptions, openPart: OpenPart) {
    this.#manifest = manifest;
    this.#path = path;
    this.#options = options;
    this.#openPart = openPart;
  }

  /** @throws NormstreamError of kind `usage` or `data` where a part cannot be opened as it is asked for, before any of them is. */
  check(): void {
    for (const part of this.#manifest.parts) this.#optionsOf(part);
  }

  async open(part: ManifestPart): Promise<readonly TensorSource[]> {
    const known = this.#open.get(part);
    if (known) return known;
    const { signal } = this.#options;
    const pointer = this.#pointerOf(part);
    const options = this.#optionsOf(part);
    const sources: TensorSource[] = [];
    for (const path of part.paths) {
      const place = resolvePart(this.#path, path);
      // A far place lists nothing, but names that are counted can be made without it.
      for (const each of isFarPlace(place) ? expandBraces(place, path) : [place]) {
        throwIfAborted(signal);
        const source = await this.#openPart(each, options);
        this.#all.push(source);
        sources.push(source);
      }
    }
    checkPart(part, sources, this.#manifest.file, pointer);
    this.#open.set(part, sources);
    return sources;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const source of this.#all) await source[Symbol.asyncDispose]();
  }

  #pointerOf(part: ManifestPart): string {
    return `/parts/${this.#manifest.parts.indexOf(part)}`;
  }

  #optionsOf(part: ManifestPart): SetOptions {
    const given = this.#options;
    const pointer = this.#pointerOf(part);
    for (const key of ["layout", "select"] as const) {
      if (given[key] === undefined || part[key] === undefined || given[key] === part[key]) continue;
      throw usageError(`--${key} ${given[key]} contradicts the manifest`, {
        file: this.#manifest.file,
        expected: `${part[key]} (${pointer}/${key})`,
        hint: `Leave out --${key}.`,
      });
    }
    const { split: _, shape: __, dtype: ___, ...options } = this.#options as ManifestOptions;
    const common = { ...options, layout: part.layout ?? given.layout, select: part.select ?? given.select };
    if (part.format !== "raw") return common;
    const shape = part.shape?.filter((extent) => extent !== null);
    if (shape === undefined || shape.length < (part.shape?.length ?? 0) || part.dtype === undefined) {
      throw dataError(`raw data needs a shape without null, and a dtype (${pointer})`, { file: this.#manifest.file });
    }
    return { ...common, shape, dtype: part.dtype };
  }
}

/** @throws NormstreamError of kind `data` where a part is not what its manifest says. */
function checkPart(part: ManifestPart, sources: readonly TensorSource[], file: string, pointer: string): void {
  const [first] = sources;
  if (!first) throw dataError("the pattern stands for no place", { file, found: `"${part.paths[0]}" (${pointer}/path)` });
  const differs = (key: string, expected: string, found: string, { name }: TensorSource) =>
    dataError(`the part is of another ${key} than ${file} says`, {
      file: name,
      expected: `${expected} (${pointer}/${key})`,
      found,
    });
  for (const source of sources) {
    if (part.format !== undefined && part.format !== source.format) {
      throw differs("format", part.format, source.format, source);
    }
    if (part.dtype !== undefined && dtypeOf(part.dtype, file, pointer) !== source.dtype) {
      throw differs("dtype", part.dtype, source.dtype, source);
    }
  }
  if (part.shape === undefined || part.format === "raw") return;
  const samples = sources.reduce((sum, { shape }) => sum + (shape[0] as number), 0);
  const found = [samples, ...first.shape.slice(1)];
  if (found.length === part.shape.length && part.shape.every((extent, axis) => extent === null || extent === found[axis])) return;
  throw differs("shape", `[${part.shape.map((extent) => extent ?? "any").join(", ")}]`, formatShape(found), first);
}

function dtypeOf(text: string, file: string, pointer: string): string {
  try {
    return parseDType(text).dtype;
  } catch (cause) {
    throw dataError(`the manifest is wrong at ${pointer}/dtype: ${(cause as Error).message}`, { file, cause });
  }
}
