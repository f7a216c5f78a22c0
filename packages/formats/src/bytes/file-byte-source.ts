import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type ByteSource, dataError, type FileIdentity, ioError } from "@normstream/tensor";
import { identityOf, regularFileSync, requireIdentity } from "./file-identity.js";

/** One read of the operating system stays far below its limit of 2^31 − 1 bytes. */
const MAX_READ_BYTES = 1 << 30;

/**
 * A local file as a ByteSource for worker threads: synchronous positional reads, straight into `target`, which may view shared memory.
 * `read` gives fewer bytes than asked only at the end of the file.
 *
 * @throws NormstreamError of kind `data` where the file is no longer in the state `identity`, at opening or, as
 * "the file shrank while it was read", in `read`; of kind `io` where the operating system refuses.
 */
export function fileByteSource(path: string, identity: FileIdentity): ByteSource {
  requireIdentity(identityOf(regularFileSync(path)), identity, path);
  const descriptor = openDescriptor(path);
  try {
    requireIdentity(identityOf(fstatSync(descriptor)), identity, path);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  let open = true;
  return {
    name: path,
    byteLength: identity.size,
    read(target, position) {
      const wanted = Math.max(0, Math.min(target.length, identity.size - position));
      let done = 0;
      while (done < wanted) {
        const count = readAt(descriptor, target, done, Math.min(wanted - done, MAX_READ_BYTES), position + done, path);
        if (count === 0) {
          throw dataError("the file shrank while it was read", {
            file: path,
            byteOffset: position + done,
            expected: `${identity.size} bytes`,
            found: `${position + done}`,
            hint: "Run again when nothing writes to it.",
          });
        }
        done += count;
      }
      return wanted;
    },
    check: () => requireIdentity(identityOf(fstatSync(descriptor)), identity, path),
    [Symbol.dispose]() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

function openDescriptor(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw ioError("cannot open", cause, { file: path });
  }
}

function readAt(descriptor: number, target: Uint8Array, offset: number, length: number, position: number, path: string): number {
  try {
    return readSync(descriptor, target, offset, length, position);
  } catch (cause) {
    throw ioError("cannot read", cause, { file: path, byteOffset: position });
  }
}
