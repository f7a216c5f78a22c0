import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import type { Duplex } from "node:stream";
import { type KernelEvent, type KernelRequest, PIPE_FD } from "../protocol/kernel-messages.js";
import { jsonLine, jsonLines } from "../protocol/lines.js";

export interface CellProcessOptions {
  /** What runs it: a path, or "node" as the PATH has it. */
  readonly node: string;
  /** `cells.js` of the kernel. */
  readonly script: string;
  /** The notebook's folder. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onEvent: (event: KernelEvent) => void;
  /** Once, when it is gone, whyever. */
  readonly onGone: (death: Death) => void;
}

/** How a process ended. */
export interface Death {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it wrote on its own: words of Node's, not of cells. */
  readonly lastWords: string;
  /** It could not be started at all. */
  readonly error: NodeJS.ErrnoException | null;
}

/** `import.meta.resolve` from the notebook's folder needs the first; the second would stand in the way of what Node says last. */
const FLAGS = ["--experimental-import-meta-resolve", "--no-warnings"];
const MOST_LAST_WORDS = 4000;

/** A process that runs cells, from its start to its end. It has a process group of its own, so that its end takes all along that it started. */
export class CellProcess implements Disposable {
  readonly #child: ChildProcess;
  readonly #pipe: Duplex;
  #gone = false;
  #lastWords = "";

  constructor({ node, script, folder, env, onEvent, onGone }: CellProcessOptions) {
    this.#child = spawn(node, [...FLAGS, script], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    this.#pipe = this.#child.stdio[PIPE_FD] as Duplex;
    this.#pipe.setEncoding("utf8");
    this.#pipe.on(
      "data",
      jsonLines((event) => onEvent(event as KernelEvent)),
    );
    // Its end is told by the process.
    this.#pipe.on("error", () => {});
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#lastWords = (this.#lastWords + text).slice(-MOST_LAST_WORDS);
      });
    }
    const end = (code: number | null, signal: NodeJS.Signals | null, error: NodeJS.ErrnoException | null): void => {
      if (this.#gone) return;
      this.#gone = true;
      onGone({ code, signal, lastWords: this.#lastWords.trim(), error });
    };
    this.#child.once("error", (error) => end(null, null, error));
    // "close" comes when the last of its output is here.
    this.#child.once("close", (code, signal) => end(code, signal, null));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Leaves the machine to the editor where both want it: threads that it starts from now on too. */
  stepBack(): void {
    const { pid } = this.#child;
    try {
      if (pid === undefined) return;
      setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
      // Linux shares the machine between sessions first, and within each by priority.
      if (process.platform === "linux") writeFileSync(`/proc/${pid}/autogroup`, "10");
    } catch {
      // It has ended, or the system does not let us: then it runs as it is.
    }
  }

  send(request: KernelRequest): void {
    if (!this.#gone) this.#pipe.write(jsonLine(request));
  }

  /** Ends the process at once, and what it started. */
  [Symbol.dispose](): void {
    const { pid } = this.#child;
    if (this.#gone || pid === undefined) return;
    try {
      if (process.platform === "win32") this.#child.kill("SIGKILL");
      else process.kill(-pid, "SIGKILL");
    } catch {
      this.#child.kill("SIGKILL");
    }
  }
}
