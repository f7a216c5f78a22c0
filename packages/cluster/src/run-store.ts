import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ioError } from "@normstream/tensor";

/** Where the partial results of runs go: a place that the coordinator and all workers see. Keys are paths with slashes. */
export interface RunStore {
  /** As it was named. */
  readonly name: string;
  /** Writes an object whole or not at all. @throws NormstreamError of kind `io` */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** An object's bytes, the caller's own and at a multiple of 8 of their buffer; undefined where there is none. */
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Names of the folders right below the root. */
  folders(): Promise<readonly string[]>;
  /** Names right below a key. */
  list(key: string): Promise<readonly string[]>;
  /** Removes an object, or all below a key. */
  remove(key: string): Promise<void>;
}

/** Names bytes: 128 bits of their SHA-256, in hex. */
export const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 32);

/** A folder that all machines see, under one path or several. */
export function folderRunStore(place: string): RunStore {
  const root = resolve(place);
  const pathOf = (key: string) => join(root, ...key.split("/"));
  const fail = (what: string) => (cause: unknown) => {
    throw ioError(what, cause, { file: root });
  };
  return {
    name: root,
    async put(key, bytes) {
      const path = pathOf(key);
      // A name that no other process chooses: several may write the same object at once, all with the same bytes.
      const temporary = join(dirname(path), `.${randomBytes(8).toString("hex")}.partial`);
      const write = () => writeFile(temporary, bytes);
      try {
        await write().catch(async (error) => {
          if (error.code !== "ENOENT") throw error;
          await mkdir(dirname(path), { recursive: true });
          await write();
        });
        await rename(temporary, path);
      } catch (cause) {
        await rm(temporary, { force: true }).catch(() => {});
        throw ioError("cannot write to the store of the run", cause, { file: root });
      }
    },
    async get(key) {
      try {
        return new Uint8Array(await readFile(pathOf(key)));
      } catch (cause) {
        if (["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "")) return undefined;
        throw ioError("cannot read from the store of the run", cause, { file: root });
      }
    },
    async folders() {
      try {
        const entries = await readdir(root, { withFileTypes: true });
        return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw ioError("cannot list the store of the run", cause, { file: root });
      }
    },
    async list(key) {
      try {
        return (await readdir(pathOf(key))).filter((name) => !name.startsWith("."));
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw ioError("cannot list the store of the run", cause, { file: root });
      }
    },
    async remove(key) {
      await rm(pathOf(key), { recursive: true, force: true }).catch(fail("cannot remove from the store of the run"));
    },
  };
}
