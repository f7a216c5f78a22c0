import { type Stats, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dataError, type FileIdentity, ioError, NormstreamError } from "@normstream/tensor";

/** The identity of a file, from what the file system says. */
export const identityOf = (stats: Stats): FileIdentity => ({ size: stats.size, mtimeMs: stats.mtimeMs, inode: stats.ino });

/**
 * Looks at a path without opening it, so that a FIFO without a writer does not block.
 * @throws NormstreamError of kind `io` where there is nothing, or something that is not a regular file.
 */
export async function regularFile(path: string): Promise<Stats> {
  const stats = await stat(path).catch((cause) => {
    throw ioError("cannot open", cause, { file: path });
  });
  requireRegular(stats, path);
  return stats;
}

/** The same, at once, for worker threads. */
export function regularFileSync(path: string): Stats {
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (cause) {
    throw ioError("cannot open", cause, { file: path });
  }
  requireRegular(stats, path);
  return stats;
}

/** @throws NormstreamError of kind `io` for a folder, FIFO, socket or device. */
export function requireRegular(stats: Stats, path: string): void {
  if (stats.isFile()) return;
  const kind = stats.isDirectory() ? "folder" : stats.isFIFO() ? "pipe (FIFO)" : stats.isSocket() ? "socket" : "device";
  throw new NormstreamError("io", `is a ${kind}, not a regular file`, {
    file: path,
    hint: stats.isDirectory() ? "Name a file in it." : "Save its data to a file first.",
  });
}

/** @throws NormstreamError of kind `data` where the file is not in the state that was opened. */
export function requireIdentity(found: FileIdentity, expected: FileIdentity, path: string): void {
  if (found.size === expected.size && found.mtimeMs === expected.mtimeMs && found.inode === expected.inode) return;
  const what =
    found.inode !== expected.inode
      ? "the file was replaced after it was opened"
      : found.size < expected.size
        ? "the file shrank after it was opened"
        : "the file changed after it was opened";
  throw dataError(what, {
    file: path,
    expected: `${expected.size} bytes as of ${new Date(expected.mtimeMs).toISOString()}`,
    found: `${found.size} bytes as of ${new Date(found.mtimeMs).toISOString()}`,
    hint: "Run again when nothing writes to it.",
  });
}
