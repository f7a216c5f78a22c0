import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { type FileIdentity, ioError } from "@normstream/tensor";
import { identityOf } from "./file-identity.js";

/** A range of an object's bytes: from an offset, or its last ones. */
export type ObjectRange = { readonly offset: number; readonly length: number } | { readonly suffixLength: number };

/**
 * Many small objects under one root, by key: the chunks of a Zarr array in a folder, or behind HTTP or S3. A store on a local disk
 * answers at once. Disposing breaks off what is on its way.
 */
export interface ObjectStore extends Disposable {
  /** What to call it in a message. */
  readonly root: string;
  /** An object's bytes, or some of them; undefined where there is none of that key. */
  get(key: string, range?: ObjectRange): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** What tells this state of an object from another; undefined where there is none, or it was not read yet. */
  identify(key: string): Promise<FileIdentity | undefined>;
  /** The names right below a key, those of folders with a slash; undefined where the place cannot list. */
  list(key: string): Promise<readonly string[] | undefined>;
}

/** A local folder as a store. @throws NormstreamError of kind `io` where an object is there and cannot be read. */
export const folderStore = (root: string): ObjectStore => ({
  root,
  get: (key, range) => readObject(key === "" ? root : `${root}/${key}`, range),
  async identify(key) {
    const stats = await stat(`${root}/${key}`).catch(() => undefined);
    return stats?.isFile() ? identityOf(stats) : undefined;
  },
  async list(key) {
    const path = key === "" ? root : `${root}/${key}`;
    const entries = await readdir(path, { withFileTypes: true }).catch((cause) => {
      throw ioError("cannot list", cause, { file: path });
    });
    return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  },
  [Symbol.dispose]() {},
});

function readObject(path: string, range: ObjectRange | undefined): Uint8Array | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw ioError("cannot open", cause, { file: path });
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return undefined;
    const { from, to } = boundsOf(range, stats.size);
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, to - from));
    let done = 0;
    while (done < bytes.length) {
      const got = readSync(descriptor, bytes, done, bytes.length - done, from + done);
      if (got === 0) break;
      done += got;
    }
    return bytes.subarray(0, done);
  } catch (cause) {
    throw ioError("cannot read", cause, { file: path });
  } finally {
    closeSync(descriptor);
  }
}

function boundsOf(range: ObjectRange | undefined, size: number): { readonly from: number; readonly to: number } {
  if (!range) return { from: 0, to: size };
  if ("suffixLength" in range) return { from: Math.max(0, size - range.suffixLength), to: size };
  return { from: Math.min(range.offset, size), to: Math.min(range.offset + range.length, size) };
}
