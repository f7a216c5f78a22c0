import { type ByteSource, type FileIdentity, usageError } from "@normstream/tensor";
import { openByteSource } from "../bytes/byte-source-opening.js";
import type { Hdf5Library } from "./h5wasm-loading.js";

/** An HDF5 file as the library sees it: bytes by position, through ours. */
export interface MountedFile extends Disposable {
  readonly file: InstanceType<Hdf5Library["h5wasm"]["File"]>;
  /** @throws NormstreamError of kind `data` where the file has changed since it was opened. */
  check(): void;
}

/** The calls of the library's file system that reading takes. */
interface FileSystem {
  lookupPath(path: string): { readonly node: unknown };
  createNode(parent: unknown, name: string, mode: number, device: number): Record<string, unknown> & { readonly id: number };
  unlink(path: string): void;
}

let mounted = 0;

/**
 * Opens a file for the library, which reads what it wants by position: the file is never in memory as a whole.
 * @throws NormstreamError of kind `data` where it is no longer in the state `identity`; what the library throws for a file that is damaged
 */
export function mountFile({ h5wasm, module }: Hdf5Library, path: string, identity: FileIdentity): MountedFile {
  const bytes = openByteSource(path, identity);
  const files = module.FS as unknown as FileSystem;
  const name = `normstream-${++mounted}.h5`;
  const node = files.createNode(files.lookupPath("/").node, name, READ_ONLY_FILE, 0);
  Object.assign(node, { node_ops: nodeOperations(node.id, bytes.byteLength), stream_ops: streamOperations(bytes) });
  const close = () => {
    files.unlink(`/${name}`);
    bytes[Symbol.dispose]();
  };
  try {
    const file = new h5wasm.File(`/${name}`, "r");
    return {
      file,
      check: () => bytes.check?.(),
      [Symbol.dispose]() {
        file.close();
        close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** A regular file that all may read. */
const READ_ONLY_FILE = 0o100444;
const BLOCK = 4096;

const nodeOperations = (inode: number, size: number) => ({
  getattr: () => {
    const time = new Date(0);
    return {
      ...{ dev: 1, ino: inode, mode: READ_ONLY_FILE, nlink: 1, uid: 0, gid: 0, rdev: 0, size },
      ...{ atime: time, mtime: time, ctime: time, blksize: BLOCK, blocks: Math.ceil(size / BLOCK) },
    };
  },
  setattr: () => {},
});

const FROM_HERE = 1;
const FROM_END = 2;

const streamOperations = (bytes: ByteSource) => ({
  llseek: ({ position }: { readonly position: number }, offset: number, whence: number) =>
    whence === FROM_HERE ? position + offset : whence === FROM_END ? bytes.byteLength + offset : offset,
  read(_stream: unknown, memory: Int8Array, offset: number, length: number, position: number): number {
    const wanted = Math.max(0, Math.min(length, bytes.byteLength - position));
    if (wanted === 0) return 0;
    const got = bytes.read(new Uint8Array(memory.buffer, memory.byteOffset + offset, wanted), position);
    if (typeof got !== "number")
      throw usageError("HDF5 is read from a local disk alone", { file: bytes.name, hint: "Download it first." });
    return got;
  },
});
