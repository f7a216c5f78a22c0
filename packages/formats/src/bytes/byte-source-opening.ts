import { type ByteSource, type FileIdentity, usageError } from "@normstream/tensor";
import { fileByteSource } from "./file-byte-source.js";

/**
 * Bytes at a place, for the thread that asks: all readers of elements get them here, and none opens a file itself.
 * @param path of a local file; other places have a scheme in front
 * @throws NormstreamError of kind `data` where it is no longer in the state `identity`; `io` where it cannot be opened; `usage` for a place
 * that is not read from.
 */
export function openByteSource(path: string, identity: FileIdentity): ByteSource {
  requireLocal(path);
  return fileByteSource(path, identity);
}

/** Two letters at least, so that a drive is none. */
const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;

/** @throws NormstreamError of kind `usage` for a place that is no local file. */
export function requireLocal(path: string): void {
  const scheme = SCHEME.exec(path)?.[1];
  if (scheme !== undefined) {
    throw usageError(`${scheme}: is no place that is read from`, {
      file: path,
      expected: "a local file",
      hint: "Download it first.",
    });
  }
}
