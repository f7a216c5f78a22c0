import { type BigIntStats, constants } from "node:fs";
import { access, lstat, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { ioError, NormstreamError, usageError } from "@normstream/tensor";
import { isPattern, parseGlob } from "../listing/glob.js";
import { isFarPlace } from "../places/place.js";
import { SHARD_INDEX } from "../safetensors/shard-names.js";
import { dataKindOf } from "../sets/data-files.js";

/** Options of what decides whether a file may be written. */
export interface OutputOptions {
  /** Replace a file that is there; default false. */
  readonly overwrite?: boolean | undefined;
  /** A file, folder or pattern that is read meanwhile: what is written must be none of its files. */
  readonly input?: string | undefined;
}

/** Options of a file that is written over several runs. */
export interface KeptOptions {
  /**
   * Twelve hex digits that name the temporary file: it is kept where the file is not committed, and taken up by the next run that gives the
   * same ones.
   */
  readonly keepAs?: string | undefined;
}

/** A path that may be written. */
export interface OutputTarget {
  /** What the caller calls it: messages name this. */
  readonly name: string;
  /** Where it really stands: a symbolic link is followed, not replaced. */
  readonly path: string;
  /** Permission bits of the file that is replaced. */
  readonly mode: number | undefined;
}

/**
 * Looks, before anything is written, at whether a file can come to stand at `path`.
 * @throws NormstreamError of kind `io` where the folder is missing or not writable, or something stands there that is not a regular file;
 * `usage` where a file exists and `overwrite` is not set, or is the input.
 */
export const checkOutput = (path: string, options: OutputOptions): Promise<OutputTarget> =>
  checkTarget(path, options, /\.zarr$/i.test(path) ? ZARR_FOLDER : undefined);

/** The same for an output that is a folder: where it stands. A slash at its end says nothing more. */
export const checkOutputFolder = async (path: string, options: OutputOptions, kind: FolderKind): Promise<string> =>
  (await checkTarget(path.replace(/(?<=.)[/\\]+$/, ""), options, kind)).path;

/** What is written as a folder: one that stands there is replaced only where it is of the kind. */
export interface FolderKind {
  /** The file that such a folder holds. */
  readonly mark: string;
  /** What to call it. */
  readonly words: string;
}

export const ZARR_FOLDER: FolderKind = { mark: "zarr.json", words: "Zarr array of version 3" };
export const SHARD_FOLDER: FolderKind = { mark: SHARD_INDEX, words: "folder of safetensors with their index" };

export const PICTURE_FOLDER: FolderKind = { mark: "look.json", words: "folder of pictures of normalized data" };

async function checkTarget(path: string, options: OutputOptions, kind: FolderKind | undefined): Promise<OutputTarget> {
  const name = path;
  if (isFarPlace(path)) {
    throw usageError("is no place that is written to", {
      file: name,
      expected: "a local file",
      hint: "Write it here, then copy it there.",
    });
  }
  if (/[/\\]$/.test(path)) throw usageError("the output names a folder", { file: name, expected: "the name of a file" });
  const real = await followLink(path);
  const folder = dirname(real);
  const stats = await stat(folder).catch((cause) => {
    throw ioError("cannot write: the folder", cause, { file: name, hint: "Make the folder first." });
  });
  if (!stats.isDirectory()) throw new NormstreamError("io", `cannot write: ${folder} is not a folder`, { file: name });
  const found = await stat(real, { bigint: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw ioError("cannot write", cause, { file: name });
  });
  const isOfKind = kind && found?.isDirectory() && (await stat(join(real, kind.mark)).catch(() => undefined))?.isFile();
  if (found && kind && !isOfKind) {
    throw new NormstreamError("io", `cannot write: what stands there is no ${kind.words}`, {
      file: name,
      hint: "Name another folder.",
    });
  }
  if (found && !kind && !found.isFile()) {
    throw new NormstreamError("io", `cannot write: is a ${found.isDirectory() ? "folder" : "special file"}, not a regular file`, {
      file: name,
    });
  }
  if (options.input !== undefined) await checkNoInput(name, real, found, options.input);
  if (found && !options.overwrite) throw existsError(name);
  await access(folder, constants.W_OK | constants.X_OK).catch((cause) => {
    throw ioError("cannot write: the folder", cause, { file: name });
  });
  return { name, path: real, mode: found && Number(found.mode & 0o777n) };
}

/** @throws NormstreamError of kind `usage` where the output is the input, or would be one of its files. */
async function checkNoInput(name: string, path: string, found: BigIntStats | undefined, input: string): Promise<void> {
  const read = await stat(input, { bigint: true }).catch(() => undefined);
  if (found && read && read.dev === found.dev && read.ino === found.ino) {
    throw usageError("the output is the input", { file: name, hint: "Name another file." });
  }
  const isFolder = read?.isDirectory() === true;
  if (!isFolder && (read || !isPattern(input))) return;
  const glob = isFolder ? { base: input, takes: (name: string) => dataKindOf(name, true) !== undefined } : parseGlob(input);
  const base = await realpath(glob.base).catch(() => undefined);
  if (base === undefined) return;
  const below = relative(base, join(await realpath(dirname(path)), basename(path)));
  if (below.startsWith("..") || isAbsolute(below) || !glob.takes(below.split(sep).join("/"))) return;
  throw usageError(`the output would be one of the files of ${input}`, { file: name, hint: "Write it to another folder." });
}

export const existsError = (file: string): NormstreamError =>
  usageError("the file exists", { file, hint: "Replace it with --overwrite, or name another file." });

async function followLink(path: string): Promise<string> {
  const stats = await lstat(path).catch(() => undefined);
  if (!stats?.isSymbolicLink()) return path;
  return realpath(path).catch((cause) => {
    throw ioError("cannot write: the link leads nowhere", cause, { file: path });
  });
}
