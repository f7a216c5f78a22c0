import { basename, isAbsolute, relative, sep } from "node:path";
import {
  commands,
  type Disposable,
  NotebookCellData,
  NotebookCellKind,
  NotebookData,
  type NotebookDocument,
  ProgressLocation,
  Uri,
  window,
  workspace,
} from "vscode";
import type { CellQueue } from "./cell-queue.js";
import { OPEN_STATISTICS } from "./command-names.js";
import { CONTROLLER_ID, NOTEBOOK_TYPE } from "./controller.js";
import { folderOf, type Kernels } from "./kernels.js";
import { NOTEBOOK_METADATA } from "./notebook-metadata.js";

const EXTENSION_ID = "normstream.normstream-vscode";
const DATA_FILES = { "Data files": ["npy", "npz", "safetensors", "idx", "gz"], "All files": ["*"] };

/** Opens a notebook with the statistics of a data file, and runs it: progress in a notification, which can stop it. */
export function registerOpenStatistics(kernels: Kernels, queue: CellQueue): Disposable {
  return commands.registerCommand(OPEN_STATISTICS, async (chosen?: Uri) => {
    if (!workspace.isTrusted) {
      void window.showWarningMessage("This workspace is restricted: Normstream reads no file of it. Trust it first.");
      return;
    }
    const uri = chosen ?? (await askForFile());
    if (!uri) return;
    if (uri.scheme !== "file") {
      void window.showErrorMessage(`Normstream reads files on a disk, and ${uri.toString(true)} is none.`);
      return;
    }
    const notebook = await openNotebook(uri.fsPath);
    await runWithProgress(notebook, basename(uri.fsPath), kernels, queue);
  });
}

const askForFile = async (): Promise<Uri | undefined> =>
  (await window.showOpenDialog({ title: "Open statistics of a data file", filters: DATA_FILES }))?.[0];

async function openNotebook(path: string): Promise<NotebookDocument> {
  const data = new NotebookData([new NotebookCellData(NotebookCellKind.Code, program(pathFrom(path)), "typescript")]);
  data.metadata = { metadata: NOTEBOOK_METADATA };
  const notebook = await workspace.openNotebookDocument(NOTEBOOK_TYPE, data);
  const editor = await window.showNotebookDocument(notebook);
  await commands.executeCommand("notebook.selectKernel", { editor, id: CONTROLLER_ID, extension: EXTENSION_ID });
  return notebook;
}

/** As the notebook's folder sees the file, where it lies within. */
function pathFrom(path: string): string {
  const within = relative(folderOf({ uri: Uri.parse("untitled:") }), path);
  return within.startsWith("..") || isAbsolute(within) ? path : within.split(sep).join("/");
}

const program = (path: string): string => `import { createPool, createReport$, openTensor } from "normstream";

await using pool = createPool();
const data = await openTensor(${JSON.stringify(path)});
createReport$(data, { pool })`;

/** Runs the notebook's cell, and stays until it has ended. */
async function runWithProgress(notebook: NotebookDocument, name: string, kernels: Kernels, queue: CellQueue): Promise<void> {
  const options = { location: ProgressLocation.Notification, title: `Statistics of ${name}`, cancellable: true };
  await window.withProgress(options, async (progress, token) => {
    let told = 0;
    const watched = [
      token.onCancellationRequested(() => queue.interrupt(notebook)),
      kernels.onDidChange((changed) => {
        const { progress: part } = kernels.report(changed);
        if (changed !== notebook || part === null) return;
        progress.report({ increment: Math.max(0, part * 100 - told), message: `${Math.floor(part * 100)} %` });
        told = part * 100;
      }),
    ];
    try {
      await commands.executeCommand("notebook.cell.execute", { ranges: [{ start: 0, end: 1 }], document: notebook.uri });
      await queue.settled(notebook);
    } finally {
      for (const each of watched) each.dispose();
    }
  });
}
