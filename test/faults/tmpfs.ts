import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of its own in memory, as full as a test wants it. */
export interface SmallDisk {
  readonly path: string;
  /** Gives it another size; what it holds has to fit. */
  resize(bytes: number): void;
  /** Makes it at most so large, or as small as what it holds lets it be: whoever writes to it may be quick. */
  shrink(bytes: number): void;
  /** Takes it away, and what it holds. */
  remove(): void;
}

/** No test fills more. */
const MOST_BYTES = 1 << 30;

/** @returns undefined where this process may not mount one. */
export function mountSmallDisk(bytes: number): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), "normstream-small-disk-"));
  const mount = (options: string) => execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "ignore" });
  try {
    mount(`size=${bytes}`);
  } catch {
    rmdirSync(path);
    return undefined;
  }
  return {
    path,
    resize: (size) => void mount(`remount,size=${size}`),
    shrink(size) {
      // What is written between a look at it and the new size makes the system refuse.
      for (let wanted = size; ; wanted += size) {
        try {
          return void mount(`remount,size=${wanted}`);
        } catch (error) {
          if (wanted > MOST_BYTES) throw error;
        }
      }
    },
    remove() {
      // A process that has not gone yet may hold a file of it.
      if (spawnSync("umount", [path]).status !== 0) execFileSync("umount", ["--lazy", path]);
      rmdirSync(path);
    },
  };
}
