import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { ioError, usageError } from "@normstream/tensor";

/**
 * Takes a checkpoint for this process. One that a process of this machine held which is no longer there is taken over.
 * @throws NormstreamError of kind `usage` where another run holds it.
 */
export function lockCheckpoint(folder: string): Disposable {
  const path = join(folder, "lock");
  for (let attempt = 0; ; attempt++) {
    try {
      const file = openSync(path, "wx");
      writeSync(file, JSON.stringify({ host: hostname(), process: process.pid }));
      closeSync(file);
      break;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw ioError("cannot write", cause, { file: path });
      const holder = holderOf(path);
      if (attempt > 0 || !holder || isAlive(holder)) {
        throw usageError("another run uses this checkpoint", {
          file: folder,
          ...(holder ? { found: `process ${holder.process} on ${holder.host}` } : {}),
          hint: `Wait for it; if there is none, remove ${path}.`,
        });
      }
      rmSync(path, { force: true });
    }
  }
  let held = true;
  return {
    [Symbol.dispose]() {
      if (held) rmSync(path, { force: true });
      held = false;
    },
  };
}

interface Holder {
  readonly host: string;
  readonly process: number;
}

function holderOf(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

/** Of another machine nobody can say that it is gone. */
function isAlive(holder: Holder): boolean {
  if (holder.host !== hostname()) return true;
  if (holder.process === process.pid) return true;
  try {
    process.kill(holder.process, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
