import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { isPattern, parseGlob } from "../listing/glob.js";
import { EVERY_FILE, type WalkOptions, walkFiles, withSlash } from "../listing/walk.js";

/** The files of a folder or of a pattern. */
export interface FileSet {
  /** As it was given. */
  readonly path: string;
  /** The folder that the files' paths are below. */
  readonly base: string;
  /** Paths below `base`, in the order of their bytes; each call walks again. */
  walk(options?: WalkOptions): AsyncGenerator<string>;
  /** A file's own path. */
  pathOf(relative: string): string;
}

/** The set that a path names: undefined where it is a file, or nothing. A name that is there is never a pattern. */
export async function fileSetOf(path: string): Promise<FileSet | undefined> {
  const stats: Stats | undefined = await stat(path).catch(() => undefined);
  if (stats) return stats.isDirectory() ? folderSet(path) : undefined;
  return isPattern(path) ? patternSet(path) : undefined;
}

const folderSet = (path: string): FileSet => ({
  path,
  base: path,
  walk: (options) => walkFiles(path, EVERY_FILE, options),
  pathOf: (relative) => `${withSlash(path)}${relative}`,
});

function patternSet(path: string): FileSet {
  const glob = parseGlob(path);
  // A pattern without a folder gives names without one.
  const prefix = glob.base === "." && !path.startsWith("./") ? "" : withSlash(glob.base);
  return {
    path,
    base: glob.base,
    walk: (options) => walkFiles(glob.base, glob, options),
    pathOf: (relative) => `${prefix}${relative}`,
  };
}
