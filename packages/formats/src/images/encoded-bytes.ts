import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type ByteSource, dataError, type ImagePart, ioError } from "@normstream/tensor";
import { openByteSource } from "../bytes/byte-source-opening.js";
import { requireRegular } from "../bytes/file-identity.js";

/** Archives that a thread holds open at once. */
const OPEN_ARCHIVES = 8;

/** Reads the encoded bytes of images: each file whole, archives by range. */
export class EncodedBytes implements Disposable {
  readonly #archives = new Map<string, ByteSource>();

  /** @throws NormstreamError of kind `io` where it cannot be read, `data` where an archive has changed since it was listed. */
  read(part: ImagePart): Buffer | Promise<Buffer> {
    if (part.byteLength === undefined) return wholeFile(part.path);
    const bytes = Buffer.allocUnsafeSlow(part.byteLength);
    const got = this.#archiveOf(part).read(bytes, part.byteOffset);
    return typeof got === "number" ? bytes : got.then(() => bytes);
  }

  [Symbol.dispose](): void {
    for (const archive of this.#archives.values()) archive[Symbol.dispose]();
    this.#archives.clear();
  }

  #archiveOf({ path, identity }: ImagePart): ByteSource {
    const known = this.#archives.get(path);
    if (known) return known;
    for (const [oldest, archive] of this.#archives) {
      if (this.#archives.size < OPEN_ARCHIVES) break;
      this.#archives.delete(oldest);
      archive[Symbol.dispose]();
    }
    const archive = openByteSource(path, identity as NonNullable<typeof identity>);
    this.#archives.set(path, archive);
    return archive;
  }
}

/** A small file at once. It is read by one look at its size: a file that changes meanwhile is refused. */
function wholeFile(path: string): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw ioError("cannot open", cause, { file: path });
  }
  try {
    const before = fstatSync(descriptor);
    requireRegular(before, path);
    const bytes = Buffer.allocUnsafe(before.size);
    let done = 0;
    while (done < bytes.length) {
      const got = readSync(descriptor, bytes, done, bytes.length - done, done);
      if (got === 0) break;
      done += got;
    }
    const after = fstatSync(descriptor);
    if (done < bytes.length || after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
      throw dataError("the file changed while it was read", { file: path, hint: "Run again when nothing writes to it." });
    }
    return bytes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw ioError("cannot read", error, { file: path });
  } finally {
    closeSync(descriptor);
  }
}
