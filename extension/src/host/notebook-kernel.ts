import type { Asked, CellError, CellSource, KernelEvent, MimeBundle, RunOutcome } from "../protocol/kernel-messages.js";
import type { CellProcess, CellProcessOptions, Death } from "./cell-process.js";
import { deathMessage } from "./death-message.js";

/** Where the outputs of one run go. */
export interface RunView {
  stream(name: "stdout" | "stderr", text: string): void;
  /** Shows an output; the same number again takes its place. */
  display(output: number, bundle: MimeBundle): void;
  error(error: CellError): void;
}

/** What a kernel tells whoever watches it. */
export interface KernelWatcher {
  /** Prints and errors of no cell. */
  log(text: string): void;
  state(state: KernelState): void;
  /** Part of the data that a cell has read, 0 to 1. */
  progress(part: number): void;
}

export type KernelState = "none" | "starting" | "idle" | "busy";

export type ProcessFactory = (options: Pick<CellProcessOptions, "onEvent" | "onGone">) => CellProcess;

interface Running {
  readonly run: number;
  readonly view: RunView;
  readonly settle: (outcome: RunOutcome) => void;
  /** It was asked to stop. */
  isStopped: boolean;
}

/** From asking a cell to stop to ending its process. */
const KILL_AFTER_MS = 450;

const STOPPED: CellError = { name: "Interrupted", message: "The cell was stopped. Variables are kept.", stack: "" };

/** The kernel of one notebook: starts a process with the first cell, runs one cell at a time, and outlives its processes. */
export class NotebookKernel implements Disposable {
  readonly #start: ProcessFactory;
  readonly #watcher: KernelWatcher;
  #process: CellProcess | null = null;
  #isReady = false;
  #running: Running | null = null;
  #runs = 0;
  #questions = 0;
  readonly #asked = new Map<number, { answer(value: unknown): void; refuse(why: string): void }>();

  constructor(start: ProcessFactory, watcher: KernelWatcher) {
    this.#start = start;
    this.#watcher = watcher;
  }

  /** Process id of what runs cells now. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Runs a cell; one at a time. Never rejects: what goes wrong is shown. */
  async run(cell: CellSource, view: RunView): Promise<RunOutcome> {
    const run = ++this.#runs;
    const outcome = await new Promise<RunOutcome>((settle) => {
      this.#running = { run, view, settle, isStopped: false };
      this.#process ??= this.#begin();
      this.#watcher.state(this.#isReady ? "busy" : "starting");
      this.#process.send({ kind: "run", run, cell });
    });
    this.#running = null;
    this.#watcher.state(this.#process ? "idle" : "none");
    return outcome;
  }

  /**
   * Asks the process something, beside what runs in it.
   * @throws Error of one line: no process lives, it refuses, or it is too busy to answer in time
   */
  ask(question: Asked, timeoutMs: number): Promise<unknown> {
    const process = this.#process;
    if (!process) return Promise.reject(new Error("No cell process lives."));
    const id = ++this.#questions;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(() => reject(new Error("The cell process is busy."))), timeoutMs);
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#asked.delete(id);
        act();
      };
      this.#asked.set(id, {
        answer: (value) => settle(() => resolve(value)),
        refuse: (why) => settle(() => reject(new Error(why))),
      });
      process.send({ ...question, id });
    });
  }

  /** Stops the cell that runs: asks, and ends the process of one that does not stop. */
  interrupt(): void {
    const running = this.#running;
    if (!running || running.isStopped) return;
    running.isStopped = true;
    this.#process?.send({ kind: "interrupt" });
    const timer = setTimeout(() => {
      if (this.#running !== running) return;
      running.view.error({
        name: "Interrupted",
        message: "The cell did not stop when it was asked to, so its process was ended. Variables are gone: run the cells again.",
        stack: "",
      });
      this.#end();
      running.settle("interrupted");
    }, KILL_AFTER_MS);
    timer.unref?.();
  }

  /** Ends the process and what runs in it; the next cell starts another. */
  restart(): void {
    const running = this.#running;
    this.#end();
    running?.settle("interrupted");
    this.#watcher.state("none");
  }

  [Symbol.dispose](): void {
    this.restart();
  }

  #begin(): CellProcess {
    this.#isReady = false;
    const begun: CellProcess = this.#start({
      onEvent: (event) => {
        if (this.#process === begun) this.#take(event);
      },
      onGone: (death) => {
        if (this.#process === begun) this.#lose(death);
      },
    });
    return begun;
  }

  #end(): void {
    const ended = this.#process;
    this.#forget();
    ended?.[Symbol.dispose]();
  }

  /** There is no process any more: nothing answers. */
  #forget(): void {
    this.#process = null;
    this.#isReady = false;
    for (const { refuse } of [...this.#asked.values()]) refuse("The cell process has ended.");
  }

  #take(event: KernelEvent): void {
    if (event.kind === "ready") {
      this.#isReady = true;
      this.#process?.stepBack();
      if (this.#running) this.#watcher.state("busy");
      return;
    }
    if (event.kind === "answer") {
      this.#asked.get(event.id)?.answer(event.value);
      return;
    }
    if (event.kind === "refusal") {
      this.#asked.get(event.id)?.refuse(event.why);
      return;
    }
    const running = this.#running?.run === event.run ? this.#running : null;
    switch (event.kind) {
      case "stream":
        if (running) running.view.stream(event.name, event.text);
        else this.#watcher.log(event.text);
        break;
      case "error":
        if (running) running.view.error(event.error);
        else this.#watcher.log(`${event.error.stack || `${event.error.name}: ${event.error.message}`}\n`);
        break;
      case "display":
        running?.view.display(event.output, event.bundle);
        break;
      case "progress":
        if (running) this.#watcher.progress(event.part);
        break;
      case "done":
        if (event.outcome === "interrupted") running?.view.error(STOPPED);
        running?.settle(event.outcome);
    }
  }

  /** The process is gone, and nobody here ended it. */
  #lose(death: Death): void {
    const wasReady = this.#isReady;
    this.#forget();
    const running = this.#running;
    const message = deathMessage(death, { wasReady, wasStopped: running?.isStopped ?? false });
    if (death.lastWords !== "") this.#watcher.log(`${death.lastWords}\n`);
    if (running) {
      running.view.error(message);
      running.settle(running.isStopped ? "interrupted" : "failed");
    } else {
      this.#watcher.log(`${message.message}\n`);
    }
    this.#watcher.state("none");
  }
}
