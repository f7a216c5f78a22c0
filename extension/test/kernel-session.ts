import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CellProcess } from "../src/host/cell-process.js";
import { NotebookKernel, type RunView } from "../src/host/notebook-kernel.js";
import type { CellError, MimeBundle, RunOutcome } from "../src/protocol/kernel-messages.js";

/** The built kernel. */
export const kernelScript = fileURLToPath(new URL("../dist/kernel/cells.js", import.meta.url));

/** What a cell showed. */
export interface Seen {
  readonly outcome: RunOutcome;
  readonly stdout: string;
  readonly stderr: string;
  /** States of each output, in order. */
  readonly displays: readonly (readonly MimeBundle[])[];
  readonly errors: readonly CellError[];
  readonly ms: number;
}

/** A kernel in a real process, without VS Code around. */
export interface Session extends Disposable {
  readonly folder: string;
  readonly kernel: NotebookKernel;
  readonly log: string[];
  /** What runs told of how far they have come. */
  readonly progress: number[];
  run(code: string, options?: { readonly title?: string; readonly during?: (seen: RunView) => void }): Promise<Seen>;
}

export function openSession({
  node = process.execPath,
  env = process.env,
  folder: given,
}: {
  readonly node?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly folder?: string;
} = {}): Session {
  const folder = given ?? mkdtempSync(join(tmpdir(), "normstream-kernel-"));
  const log: string[] = [];
  const progress: number[] = [];
  const kernel = new NotebookKernel((events) => new CellProcess({ ...events, node, script: kernelScript, folder, env }), {
    log: (text) => log.push(text),
    state: () => {},
    progress: (part) => progress.push(part),
  });
  let cells = 0;
  return {
    folder,
    kernel,
    log,
    progress,
    async run(code, { title = `Cell ${++cells}`, during } = {}) {
      const started = performance.now();
      const text = { stdout: "", stderr: "" };
      const displays: MimeBundle[][] = [];
      const places = new Map<number, MimeBundle[]>();
      const errors: CellError[] = [];
      const view: RunView = {
        stream: (name, printed) => {
          text[name] += printed;
        },
        display(place, bundle) {
          const states = places.get(place) ?? [];
          if (states.length === 0) displays.push(states);
          places.set(place, [...states, bundle]);
          states.push(bundle);
          places.set(place, states);
        },
        error: (error) => errors.push(error),
      };
      const ran = kernel.run({ code, language: "typescript", title }, view);
      during?.(view);
      const outcome = await ran;
      return { outcome, ...text, displays, errors, ms: performance.now() - started };
    },
    [Symbol.dispose]() {
      kernel[Symbol.dispose]();
      if (given === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}
