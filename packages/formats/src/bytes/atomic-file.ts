import { randomBytes } from "node:crypto";
import { constants, renameSync, unlinkSync } from "node:fs";
import { type FileHandle, link, open, rename, statfs, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ioError, throwIfAborted } from "@normstream/tensor";
import { checkOutput, existsError, type KeptOptions, type OutputOptions, type OutputTarget } from "./output-target.js";

/** A file that comes to stand at its place only when it is whole. Disposing without a commit leaves nothing. */
export interface AtomicFile extends AsyncDisposable {
  /** The temporary file beside the target: `.NAME.PID.RANDOM.partial`. */
  readonly path: string;
  /** Bytes of the temporary file that an earlier run left; 0 where it is new. */
  readonly keptBytes: number;
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Gives the file its size; the bytes between are zeros until they are written. */
  resize(byteLength: number): Promise<void>;
  /** Renames into place. `durable` first waits until the disk holds the bytes. */
  commit(options?: { durable?: boolean }): Promise<void>;
  /** Removes the temporary file. Does nothing after a commit. */
  discard(): Promise<void>;
}

/**
 * Checks the target (see `checkOutput`) and opens a temporary file beside it.
 * @throws NormstreamError of kind `io` or `usage`; then nothing was written.
 */
export async function createAtomicFile(path: string, options: OutputOptions & KeptOptions): Promise<AtomicFile> {
  const target = await checkOutput(path, options);
  const { keepAs } = options;
  const temporary = keepAs === undefined ? temporaryPath(target.path) : keptPath(target.path, keepAs);
  const asIoError = (cause: unknown) => {
    throw ioError("cannot write", cause, { file: path });
  };
  const flags = keepAs === undefined ? constants.O_EXCL : 0;
  const handle = await open(temporary, constants.O_RDWR | constants.O_CREAT | flags, 0o666).catch(asIoError);
  const keptBytes = keepAs === undefined ? 0 : (await handle.stat()).size;
  if (keepAs === undefined) removeAtExit(temporary);
  let isOpen = true;
  const close = async () => {
    if (isOpen) {
      isOpen = false;
      await handle.close().catch(asIoError);
    }
  };
  let committed = false;
  const discard = async () => {
    await close().catch(() => {});
    if (!committed && keepAs === undefined) await unlink(temporary).catch(() => {});
    unfinished.delete(temporary);
  };
  return {
    path: temporary,
    keptBytes,
    async write(bytes, position) {
      await writeAll(handle, bytes, position).catch(asIoError);
    },
    async resize(byteLength) {
      if (keptBytes !== byteLength) await checkSpace(temporary, byteLength, path);
      await handle.truncate(byteLength).catch(asIoError);
    },
    async commit({ durable = false } = {}) {
      if (target.mode !== undefined) await handle.chmod(target.mode).catch(() => {});
      if (durable) await handle.sync().catch(asIoError);
      await close();
      await publish(temporary, target, options.overwrite === true, durable);
      committed = true;
      unfinished.delete(temporary);
    },
    discard,
    [Symbol.asyncDispose]: discard,
  };
}

/**
 * Writes a file, so that it is there as a whole or not at all.
 * @param content all of it, or pieces that are made while they are written, one at a time
 * @throws NormstreamError of kind `usage` where the file exists and `overwrite` is not set; `io` where writing fails.
 */
export async function writeFileAtomically(
  path: string,
  content: Uint8Array | string | Iterable<string>,
  options: { readonly overwrite?: boolean | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  throwIfAborted(options.signal);
  await using file = await createAtomicFile(path, options);
  let position = 0;
  for (const piece of typeof content === "string" || content instanceof Uint8Array ? [content] : content) {
    throwIfAborted(options.signal);
    const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
    await file.write(bytes, position);
    position += bytes.length;
  }
  throwIfAborted(options.signal);
  await file.commit({ durable: true });
}

/** Temporary files of this process that are not in their place yet. */
const unfinished = new Set<string>();

/** A process that ends before its promises do (a second Ctrl-C, `process.exit`) leaves nothing half-written either. */
function removeAtExit(temporary: string): void {
  if (unfinished.size === 0 && !isWatchingExit) {
    isWatchingExit = true;
    process.on("exit", () => {
      for (const path of unfinished) {
        try {
          unlinkSync(path);
        } catch {
          // It is in its place by now.
        }
      }
    });
  }
  unfinished.add(temporary);
}
let isWatchingExit = false;

const temporaryPath = (path: string): string => keptPath(path, `${process.pid}.${randomBytes(6).toString("hex")}`);

/** Short enough for any file system: names end at 255 bytes. */
function keptPath(path: string, id: string): string {
  const name = [...basename(path)].slice(0, 50).join("");
  return join(dirname(path), `.${name}.${id}.partial`);
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const length = Math.min(bytes.length - done, 1 << 30);
    done += (await handle.write(bytes, done, length, position + done)).bytesWritten;
  }
}

/** Says so before a long run, not at its end, where the device has too little room. */
async function checkSpace(path: string, byteLength: number, name: string): Promise<void> {
  const stats = await statfs(path).catch(() => undefined);
  if (!stats || stats.blocks === 0 || stats.bavail * stats.bsize >= byteLength) return;
  const cause = Object.assign(new Error("no space left"), { code: "ENOSPC" });
  throw ioError("cannot write", cause, {
    file: name,
    expected: `${byteLength} bytes free`,
    found: `${stats.bavail * stats.bsize}`,
  });
}

/**
 * Replaces a file by moving it aside, renaming, and removing it. A rename over a file makes ext4 and others flush all of the new file's
 * bytes first (`auto_da_alloc`): seconds for gigabytes that nobody asked to be durable. If the second rename fails, the
 * old file is moved back; it is never deleted before the new one stands in its place. Both renames happen at once, so that nothing
 * but a killed process or machine can come between them: the old file then stands aside as `.NAME.PID.RANDOM.replaced`.
 */
async function replaceUnflushed(temporary: string, path: string): Promise<void> {
  const aside = temporaryPath(path).replace(/\.partial$/, ".replaced");
  const hadOne = hasMoved(path, aside);
  try {
    renameSync(temporary, path);
  } catch (error) {
    if (hadOne) renameSync(aside, path);
    throw error;
  }
  if (!hadOne) return;
  removeAtExit(aside);
  await unlink(aside);
  unfinished.delete(aside);
}

function hasMoved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

async function publish(temporary: string, target: OutputTarget, overwrite: boolean, durable: boolean): Promise<void> {
  const fail = (cause: unknown) => {
    throw ioError("cannot write", cause, { file: target.name });
  };
  if (overwrite && !durable) return replaceUnflushed(temporary, target.path).catch(fail);
  if (overwrite) return rename(temporary, target.path).catch(fail);
  // A link, unlike a rename, never replaces what another program put there meanwhile.
  const code = await link(temporary, target.path).then(
    () => undefined,
    (cause: NodeJS.ErrnoException) => cause.code ?? "EIO",
  );
  if (code === undefined) return unlink(temporary).catch(() => {});
  if (code === "EEXIST") throw existsError(target.name);
  // File systems without hard links: look once more, then rename.
  await checkOutput(target.name, { overwrite: false });
  await rename(temporary, target.path).catch(fail);
}
