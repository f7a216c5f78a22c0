import { type Disposable, NotebookControllerAffinity, type NotebookDocument, notebooks, window, workspace } from "vscode";
import type { CellQueue } from "./cell-queue.js";
import { isNormstreamNotebook } from "./notebook-metadata.js";

export const CONTROLLER_ID = "normstream";
export const NOTEBOOK_TYPE = "jupyter-notebook";

/** The kernel that VS Code offers for its own notebooks; it chooses it by itself where the notebook's metadata name it. */
export function createController(queue: CellQueue): Disposable {
  const controller = notebooks.createNotebookController(CONTROLLER_ID, NOTEBOOK_TYPE, "Normstream (TypeScript)");
  controller.supportedLanguages = ["typescript", "javascript"];
  controller.supportsExecutionOrder = true;
  const describe = (): void => {
    controller.description = workspace.isTrusted ? "exact norm statistics, live" : "off: this workspace is restricted";
  };
  describe();
  controller.executeHandler = async (cells, notebook) => {
    if (!workspace.isTrusted) {
      void window.showWarningMessage("This workspace is restricted: Normstream shows its reports, and runs no cell.");
      return;
    }
    await queue.run(
      notebook,
      cells.map((cell) => controller.createNotebookCellExecution(cell)),
    );
  };
  controller.interruptHandler = (notebook) => queue.interrupt(notebook);

  const prefer = (notebook: NotebookDocument): void => {
    if (notebook.notebookType !== NOTEBOOK_TYPE || !isNormstreamNotebook(notebook)) return;
    controller.updateNotebookAffinity(notebook, NotebookControllerAffinity.Preferred);
  };
  for (const notebook of workspace.notebookDocuments) prefer(notebook);
  const watched = [workspace.onDidOpenNotebookDocument(prefer), workspace.onDidGrantWorkspaceTrust(describe)];
  return { dispose: () => [controller, ...watched].forEach((each) => void each.dispose()) };
}
