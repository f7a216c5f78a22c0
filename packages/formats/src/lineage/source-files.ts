import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import {
  type ArrayPart,
  type FileIdentity,
  type ImagePart,
  ioError,
  type StoredTensor,
  throwIfAborted,
} from "@normstream/tensor";
import { isPattern, parseGlob } from "../listing/glob.js";
import { walkFiles, withSlash } from "../listing/walk.js";
import { findManifest } from "../manifest/manifest-place.js";
import { isFarPlace, placeName } from "../places/place.js";
import { storedState } from "../regions/stored-state.js";

/** A file that numbers come from, in the state in which it is. */
export interface SourceFile {
  /** Below the input's folder where it stands there; a URL without what is secret in it. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Last change, milliseconds since 1970; 0 where nobody says. */
  readonly mtimeMs: number;
  /** Entity tag of an object behind HTTP or S3. */
  readonly etag?: string;
  /** What tells a far folder of chunks by its metadata, where there is no more to be had. */
  readonly digest?: string;
  /** The sample of the whole that is its first one, and how many it holds or takes part in. */
  readonly firstSample: number;
  readonly samples: number;
}

/** Samples whose files are looked at together. */
const BAND = 1024;

const EVERY = { takes: () => true, enters: () => true };

/**
 * The files that a tensor is in, in the order of their samples; those of a local Zarr array by their paths. Where a listing does not say
 * what state a file is in, it is asked now. What stands in memory, or comes from a pipe, is in none.
 * @param input as it was given, for what paths are relative to
 * @throws NormstreamError of kind `io` where a file is gone, `aborted` by the signal
 */
export async function* sourceFiles(
  { storage, shape }: StoredTensor,
  input: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<SourceFile> {
  const base = await baseOf(input);
  const named = (path: string) => (!isFarPlace(path) && path.startsWith(base) ? path.slice(base.length) : placeName(path));
  const samples = shape[0] ?? 0;
  const all = { firstSample: 0, samples };
  switch (storage.kind) {
    case "memory":
      return;
    case "stream":
      if (storage.path !== undefined && !isFarPlace(storage.path))
        yield { path: named(storage.path), ...statOf(storage.path), ...all };
      return;
    case "file":
      yield { path: named(storage.path), ...stateOf(storage.identity), ...all };
      return;
    case "decoded":
      if (storage.identity) yield { path: named(storage.path), ...stateOf(storage.identity), ...all };
      else if (isFarPlace(storage.path))
        yield { path: named(storage.path), size: 0, mtimeMs: 0, digest: storedState(storage), ...all };
      else yield* folderFiles(storage.path, named, all, options.signal);
      return;
    default: {
      let last: SourceFile | undefined;
      for (let from = 0; from < samples; from += BAND) {
        throwIfAborted(options.signal);
        for (const part of storage.slice(from, Math.min(samples, from + BAND))) {
          const at = { firstSample: part.firstSample, samples: "samples" in part ? part.samples : 1 };
          if (part.firstSample < from) continue;
          const path = named("storage" in part ? part.storage.path : part.path);
          if (last?.path === path) {
            last = { ...last, samples: at.firstSample + at.samples - last.firstSample };
            continue;
          }
          if (last) yield last;
          last = undefined;
          if ("storage" in part && part.storage.kind === "decoded" && !part.storage.identity && !isFarPlace(part.storage.path)) {
            yield* folderFiles(part.storage.path, named, at, options.signal);
          } else last = { path, ...stateOfPart(part), ...at };
        }
        // Others have their turn: there may be a million files.
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (last) yield last;
    }
  }
}

type State = Pick<SourceFile, "size" | "mtimeMs" | "etag" | "digest">;

function stateOfPart(part: ArrayPart | ImagePart): State {
  if (!("storage" in part)) return part.identity ? stateOf(part.identity) : statOf(part.path);
  const { storage } = part;
  if (storage.identity) return stateOf(storage.identity);
  return { size: 0, mtimeMs: 0, digest: storedState(storage as Parameters<typeof storedState>[0]) };
}

const stateOf = ({ size, mtimeMs, etag }: FileIdentity): State => ({ size, mtimeMs, ...(etag === undefined ? {} : { etag }) });

function statOf(path: string): State {
  try {
    const { size, mtimeMs } = statSync(path);
    return { size, mtimeMs };
  } catch (cause) {
    throw ioError("cannot open", cause, { file: path });
  }
}

async function* folderFiles(
  folder: string,
  named: (path: string) => string,
  at: Pick<SourceFile, "firstSample" | "samples">,
  signal: AbortSignal | undefined,
): AsyncGenerator<SourceFile> {
  for await (const relative of walkFiles(folder, EVERY, { signal })) {
    const path = `${withSlash(folder)}${relative}`;
    yield { path: named(path), ...statOf(path), ...at };
  }
}

/** What the paths of an input's files begin with: its folder, with a slash; nothing where they are as they were given. */
async function baseOf(input: string): Promise<string> {
  const manifest = await findManifest(input);
  if (isFarPlace(manifest ?? input)) return "";
  const stats = await stat(input).catch(() => undefined);
  const folder = manifest
    ? dirname(manifest)
    : stats?.isDirectory()
      ? input
      : !stats && isPattern(input)
        ? parseGlob(input).base
        : dirname(input);
  return folder === "." && !input.startsWith("./") ? "" : withSlash(folder);
}
