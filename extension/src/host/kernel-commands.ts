import { commands, type Disposable, type LogOutputChannel, type NotebookDocument, window } from "vscode";
import type { CellQueue } from "./cell-queue.js";
import { KERNEL_COMMANDS } from "./command-names.js";
import type { Kernels } from "./kernels.js";

/** Restart, interrupt, the log, and a menu of these. */
export function registerKernelCommands(kernels: Kernels, queue: CellQueue, log: LogOutputChannel): Disposable[] {
  const inFront = (): NotebookDocument | undefined => window.activeNotebookEditor?.notebook;
  const restart = (): void => {
    const notebook = inFront();
    if (!notebook) return;
    queue.clear(notebook);
    kernels.known(notebook)?.restart();
  };
  const interrupt = (): void => {
    const notebook = inFront();
    if (notebook) queue.interrupt(notebook);
  };
  const menu = async (): Promise<void> => {
    const isBusy = ["busy", "starting"].includes(kernels.report(inFront() as NotebookDocument)?.state ?? "none");
    const entries = [
      ...(isBusy ? [{ label: "$(debug-stop) Interrupt", detail: "Stop the cell; variables are kept.", act: interrupt }] : []),
      { label: "$(debug-restart) Restart", detail: "End the cell process and what it started.", act: restart },
      { label: "$(output) Show log", detail: "What Normstream has to say.", act: () => log.show() },
    ];
    (await window.showQuickPick(entries, { title: "Normstream kernel" }))?.act();
  };
  return [
    commands.registerCommand(KERNEL_COMMANDS.restart, restart),
    commands.registerCommand(KERNEL_COMMANDS.interrupt, interrupt),
    commands.registerCommand(KERNEL_COMMANDS.menu, menu),
    commands.registerCommand(KERNEL_COMMANDS.log, () => log.show()),
  ];
}
