import { type NotebookCellExecution, NotebookCellOutput, NotebookCellOutputItem } from "vscode";
import type { CellError, MimeBundle } from "../protocol/kernel-messages.js";
import type { RunView } from "./notebook-kernel.js";
import { errorItem, outputItems } from "./output-items.js";

/** The outputs of one execution of a cell, in the order in which they came. */
export class CellOutputs implements RunView {
  readonly #execution: NotebookCellExecution;
  readonly #shown = new Map<number, NotebookCellOutput>();
  /** Newest states that wait for an older one to be written. */
  readonly #waiting = new Map<number, MimeBundle>();
  #stream: { readonly name: string; readonly output: NotebookCellOutput } | null = null;
  #written: Promise<unknown> = Promise.resolve();
  #ended = false;

  constructor(execution: NotebookCellExecution) {
    this.#execution = execution;
  }

  stream(name: "stdout" | "stderr", text: string): void {
    const item = name === "stdout" ? NotebookCellOutputItem.stdout(text) : NotebookCellOutputItem.stderr(text);
    const last = this.#stream;
    if (last?.name === name) {
      this.#write(() => this.#execution.appendOutputItems(item, last.output));
      return;
    }
    const output = new NotebookCellOutput([item]);
    this.#stream = { name, output };
    this.#write(() => this.#execution.appendOutput(output));
  }

  display(place: number, bundle: MimeBundle): void {
    const shown = this.#shown.get(place);
    if (!shown) {
      this.#stream = null;
      const output = new NotebookCellOutput(outputItems(bundle));
      this.#shown.set(place, output);
      this.#write(() => this.#execution.appendOutput(output));
      return;
    }
    const isWaiting = this.#waiting.has(place);
    this.#waiting.set(place, bundle);
    if (isWaiting) return;
    this.#write(() => {
      const newest = this.#waiting.get(place);
      this.#waiting.delete(place);
      return newest ? this.#execution.replaceOutputItems(outputItems(newest), shown) : undefined;
    });
  }

  error(error: CellError): void {
    this.#stream = null;
    this.#write(() => this.#execution.appendOutput(new NotebookCellOutput([errorItem(error)])));
  }

  /** Resolves when all is written; nothing is written after it. */
  async end(): Promise<void> {
    await this.#written;
    this.#ended = true;
  }

  /** One after another, so that outputs keep their order. What VS Code refuses (a notebook that is closed) concerns nobody. */
  #write(act: () => PromiseLike<unknown> | undefined): void {
    this.#written = this.#written
      .then(
        async () => {
          if (!this.#ended) await act();
        },
        () => {},
      )
      .catch(() => {});
  }
}
