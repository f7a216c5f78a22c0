import type { NotebookCell, NotebookCellExecution, NotebookDocument } from "vscode";
import type { CellSource, RunOutcome } from "../protocol/kernel-messages.js";
import { CellOutputs } from "./cell-outputs.js";
import type { Kernels } from "./kernels.js";

interface Line {
  /** Ends when all that waits has run. */
  last: Promise<void>;
  /** How often it was cleared: what waited before does not run after. */
  clearings: number;
  order: number;
}

/** The cells that wait in each notebook: one runs at a time, and none after one that failed. */
export class CellQueue {
  readonly #kernels: Kernels;
  readonly #lines = new WeakMap<NotebookDocument, Line>();

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  /** Runs cells after those that wait already. */
  run(notebook: NotebookDocument, executions: readonly NotebookCellExecution[]): Promise<void> {
    const line = this.#lineOf(notebook);
    const { clearings } = line;
    line.last = line.last.then(async () => {
      let goesOn = true;
      for (const execution of executions) {
        goesOn &&= line.clearings === clearings;
        if (goesOn) goesOn = (await this.#runCell(notebook, execution, ++line.order)) === "done";
        else skip(execution);
      }
    });
    return line.last;
  }

  /** Resolves when no cell runs or waits. */
  settled(notebook: NotebookDocument): Promise<void> {
    return this.#lineOf(notebook).last;
  }

  /** Stops the cell that runs, and lets none that waits run. */
  interrupt(notebook: NotebookDocument): void {
    this.clear(notebook);
    this.#kernels.known(notebook)?.interrupt();
  }

  /** Lets no cell run that waits. */
  clear(notebook: NotebookDocument): void {
    this.#lineOf(notebook).clearings++;
  }

  #lineOf(notebook: NotebookDocument): Line {
    const known = this.#lines.get(notebook);
    if (known) return known;
    const line: Line = { last: Promise.resolve(), clearings: 0, order: 0 };
    this.#lines.set(notebook, line);
    return line;
  }

  async #runCell(notebook: NotebookDocument, execution: NotebookCellExecution, order: number): Promise<RunOutcome> {
    execution.executionOrder = order;
    execution.start(Date.now());
    await execution.clearOutput();
    const outputs = new CellOutputs(execution);
    let outcome: RunOutcome = "failed";
    try {
      const kernel = await this.#kernels.of(notebook);
      outcome = await kernel.run(sourceOf(execution.cell), outputs);
    } catch (error) {
      outputs.error({ name: "Normstream", message: (error as Error).message, stack: "" });
    }
    await outputs.end();
    execution.end(outcome === "done", Date.now());
    return outcome;
  }
}

function skip(execution: NotebookCellExecution): void {
  execution.start();
  execution.end(undefined);
}

function sourceOf({ document, index }: NotebookCell): CellSource {
  const language = document.languageId === "javascript" ? "javascript" : "typescript";
  return { code: document.getText(), language, title: `Cell ${index + 1}` };
}
