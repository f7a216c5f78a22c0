import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { NormstreamError, throwIfAborted } from "@normstream/tensor";
import { EVERY_FILE, type WalkChoice, type WalkOptions, walkFiles } from "../listing/walk.js";
import { type DataKind, dataKindOf } from "../sets/data-files.js";
import type { TensorDescription } from "../tensor-description.js";

const ZARR_MARKS = ["zarr.json", ".zarray", ".zgroup"];

/** What a tensor is of, so that those of one kind are one data set: format, dtype, shape but for N. */
export interface Candidate {
  /** Below the folder; a folder itself where it is a Zarr array. */
  readonly path: string;
  /** Which array of it. */
  readonly select: string | undefined;
  readonly format: string;
  /** Candidates of one key go together. */
  readonly key: string;
  /** What the key says, for people. */
  readonly what: string;
  /** Bytes of its elements: which data set is the main one. */
  readonly byteLength: number;
}

/** A file that is not for the manifest. */
export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

export type Describe = (path: string) => Promise<{ readonly format: string; readonly tensors: readonly TensorDescription[] }>;

/** Walks all files of a folder but those of Zarr arrays, which it collects. */
export function dataChoice(folder: string): { readonly choice: WalkChoice; readonly zarr: ReadonlySet<string> } {
  const zarr = new Set<string>();
  const choice: WalkChoice = {
    takes: EVERY_FILE.takes,
    enters(relative) {
      if (!EVERY_FILE.enters(relative)) return false;
      if (!ZARR_MARKS.some((name) => existsSync(join(folder, relative, name)))) return true;
      zarr.add(relative);
      return false;
    },
  };
  return { choice, zarr };
}

/**
 * Looks through a folder, in the order of its paths' bytes. Arrays are looked into, by their headers; of images and archives the name says it.
 * @yields what may be data, and what is not, with the reason
 */
export async function* findData(folder: string, describe: Describe, options: WalkOptions): AsyncGenerator<Candidate | LeftOut> {
  const { choice, zarr } = dataChoice(folder);
  const told = new Set<string>();
  const arrays = async function* (): AsyncGenerator<Candidate | LeftOut> {
    for (const path of zarr) {
      if (told.has(path)) continue;
      told.add(path);
      yield* candidatesOf(path, folder, describe);
    }
  };
  for await (const path of walkFiles(folder, choice, options)) {
    throwIfAborted(options.signal);
    yield* arrays();
    if (path.endsWith("normstream.json")) continue;
    const known = dataKindOf(path, true);
    if (!known) yield { path, reason: "is no data" };
    else if (known.format === "raw data") yield { path, reason: "raw data: write its shape and dtype into the manifest" };
    else if (known.kind !== "array") yield wholeFile(path, known.kind, known.format, statSync(join(folder, path)).size);
    else if (/\.gz$/i.test(path) && existsSync(join(folder, path.slice(0, -3)))) {
      yield { path, reason: `is packed, and ${path.slice(0, -3)} is there` };
    } else yield* candidatesOf(path, folder, describe);
  }
  yield* arrays();
}

/** Images take about so much more room when they are decoded. */
const PACKED = 8;

const wholeFile = (path: string, kind: DataKind, format: string, size: number): Candidate => ({
  ...{ path, select: undefined, format: kind === "image" ? "images" : "tar", key: kind, what: format },
  byteLength: kind === "image" ? size * PACKED : size,
});

async function* candidatesOf(path: string, folder: string, describe: Describe): AsyncGenerator<Candidate | LeftOut> {
  let described: Awaited<ReturnType<Describe>>;
  try {
    described = await describe(join(folder, path));
  } catch (error) {
    if (!(error instanceof NormstreamError) || error.kind === "aborted") throw error;
    yield { path, reason: error.message };
    return;
  }
  const { format, tensors } = described;
  for (const { name, shape, dtype, byteLength, problem } of tensors) {
    const place = tensors.length > 1 ? `${path}:${name}` : path;
    if (problem !== undefined) yield { path: place, reason: problem };
    else if (shape.length < 2 || shape.length > 5) {
      yield { path: place, reason: `[${shape.join(", ")}] ${dtype} has no samples of channels (labels?)` };
    } else {
      const what = `${format} of [N, ${shape.slice(1).join(", ")}] ${dtype}`;
      yield { path, select: tensors.length > 1 ? name : undefined, format, key: what, what, byteLength };
    }
  }
}
