import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { internalError, ioError, throwIfAborted } from "@normstream/tensor";
import { checkOutputFolder, type FolderKind, type KeptOptions, type OutputOptions } from "./output-target.js";

/** A folder that comes to stand at its place only when it is whole. Disposing without a commit leaves nothing. */
export interface AtomicFolder extends AsyncDisposable {
  /** The temporary folder beside the target: `.NAME.PID.RANDOM.partial`. */
  readonly path: string;
  /** Whether an earlier run left it, with the same mark. */
  readonly isKept: boolean;
  /** Writes a small file in it. */
  write(name: string, content: string | Uint8Array): void;
  /** Renames into place. */
  commit(): Promise<void>;
  /** Removes the temporary folder. Does nothing after a commit. */
  discard(): Promise<void>;
}

/** What is written as a folder. */
export interface FolderOptions extends OutputOptions, KeptOptions {
  readonly kind: FolderKind;
  /** The content of the file that marks such a folder; it is written first. */
  readonly mark: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks the target and makes a temporary folder beside it.
 * @throws NormstreamError of kind `io` or `usage`, as `checkOutput`; then nothing was written.
 */
export async function createAtomicFolder(path: string, options: FolderOptions): Promise<AtomicFolder> {
  const { kind, mark, signal, keepAs } = options;
  throwIfAborted(signal);
  const target = await checkOutputFolder(path, options, kind);
  const id = keepAs ?? `${process.pid}.${randomBytes(6).toString("hex")}`;
  const temporary = siblingOf(target, `${id}.partial`);
  const orIoError = <T>(action: () => T): T => {
    try {
      return action();
    } catch (cause) {
      throw ioError("cannot write", cause, { file: path });
    }
  };
  const isKept = keepAs !== undefined && isSame(join(temporary, kind.mark), mark);
  const remove = () => rmSync(temporary, { recursive: true, force: true });
  const write = (name: string, content: string | Uint8Array) => orIoError(() => writeFileSync(join(temporary, name), content));
  if (!isKept) {
    remove();
    orIoError(() => mkdirSync(temporary));
    write(kind.mark, mark);
  }
  if (keepAs === undefined) process.on("exit", remove);
  let done = false;
  const discard = async () => {
    process.off("exit", remove);
    if (!done && keepAs === undefined) remove();
    done = true;
  };
  return {
    path: temporary,
    isKept,
    write,
    async commit() {
      if (done) throw internalError("the output was already finished", { file: path });
      throwIfAborted(signal);
      // Looked at again: another program may have put something there.
      const place = await checkOutputFolder(path, options, kind);
      const aside = siblingOf(place, `${id}.replaced`);
      orIoError(() => replaceFolder(temporary, place, aside));
      process.off("exit", remove);
      done = true;
    },
    discard,
    [Symbol.asyncDispose]: discard,
  };
}

const siblingOf = (path: string, ending: string): string =>
  join(dirname(path), `.${[...basename(path)].slice(0, 50).join("")}.${ending}`);

function isSame(path: string, content: string): boolean {
  try {
    return readFileSync(path, "utf8") === content;
  } catch {
    return false;
  }
}

/** A folder cannot be renamed over another one that holds files: that is moved aside, and removed when the new one stands. */
function replaceFolder(from: string, to: string, aside: string): void {
  let hadOne = true;
  try {
    renameSync(to, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    hadOne = false;
  }
  try {
    renameSync(from, to);
  } catch (error) {
    if (hadOne) renameSync(aside, to);
    throw error;
  }
  if (hadOne) rmSync(aside, { recursive: true, force: true });
}
