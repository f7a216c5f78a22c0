import {
  type NotebookCell,
  type NotebookCellExecution,
  type NotebookController,
  NotebookControllerAffinity,
  type NotebookDocument,
  notebooks,
  workspace,
} from "vscode";
import type { CellSource } from "../protocol/kernel-messages.js";
import { CellOutputs } from "./cell-outputs.js";
import type { NotebookKernel } from "./notebook-kernel.js";
import { isNormstreamNotebook } from "./notebook-metadata.js";

export const CONTROLLER_ID = "normstream";
export const NOTEBOOK_TYPE = "jupyter-notebook";

/** The kernels of the notebooks that are open. */
export interface KernelSource {
  of(notebook: NotebookDocument): NotebookKernel;
}

/** The kernel that VS Code offers: runs cells one after another, and stops at the first that fails. */
export function createController(kernels: KernelSource): NotebookController {
  const controller = notebooks.createNotebookController(CONTROLLER_ID, NOTEBOOK_TYPE, "Normstream (TypeScript)");
  controller.supportedLanguages = ["typescript", "javascript"];
  controller.supportsExecutionOrder = true;
  controller.description = "exact norm statistics, live";
  const queues = new WeakMap<NotebookDocument, Promise<void>>();
  const stops = new WeakMap<NotebookDocument, number>();
  let order = 0;

  controller.executeHandler = (cells, notebook) => {
    const executions = cells.map((cell) => controller.createNotebookCellExecution(cell));
    const stopsBefore = stops.get(notebook) ?? 0;
    const work = async (): Promise<void> => {
      let goesOn = true;
      for (const execution of executions) {
        goesOn &&= (stops.get(notebook) ?? 0) === stopsBefore;
        if (goesOn) goesOn = await runCell(execution, kernels.of(notebook), ++order);
        else skip(execution);
      }
    };
    const done = (queues.get(notebook) ?? Promise.resolve()).then(work);
    queues.set(notebook, done);
    return done;
  };
  controller.interruptHandler = (notebook) => {
    stops.set(notebook, (stops.get(notebook) ?? 0) + 1);
    kernels.of(notebook).interrupt();
  };

  const prefer = (notebook: NotebookDocument): void => {
    if (notebook.notebookType !== NOTEBOOK_TYPE || !isNormstreamNotebook(notebook)) return;
    controller.updateNotebookAffinity(notebook, NotebookControllerAffinity.Preferred);
  };
  for (const notebook of workspace.notebookDocuments) prefer(notebook);
  const opened = workspace.onDidOpenNotebookDocument(prefer);
  const dispose = controller.dispose.bind(controller);
  controller.dispose = () => {
    opened.dispose();
    dispose();
  };
  return controller;
}

/** @returns whether the cells after it may run */
async function runCell(execution: NotebookCellExecution, kernel: NotebookKernel, order: number): Promise<boolean> {
  execution.executionOrder = order;
  execution.start(Date.now());
  await execution.clearOutput();
  const outputs = new CellOutputs(execution);
  const outcome = await kernel.run(sourceOf(execution.cell), outputs);
  await outputs.end();
  execution.end(outcome === "done", Date.now());
  return outcome === "done";
}

function skip(execution: NotebookCellExecution): void {
  execution.start();
  execution.end(undefined);
}

function sourceOf({ document, index }: NotebookCell): CellSource {
  const language = document.languageId === "javascript" ? "javascript" : "typescript";
  return { code: document.getText(), language, title: `Cell ${index + 1}` };
}
