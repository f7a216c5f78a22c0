import { dirname, join } from "node:path";
import { homedir } from "node:os";
import { type ExtensionContext, type NotebookDocument, Uri, window, workspace } from "vscode";
import { CellProcess } from "./cell-process.js";
import { createController } from "./controller.js";
import { chooseNode, type NodeChoice } from "./node-choice.js";
import { NotebookKernel } from "./notebook-kernel.js";

export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel("Normstream");
  const script = join(context.extensionPath, "dist", "kernel", "cells.js");
  let node: NodeChoice = { command: "node", version: "", env: {}, origin: "PATH" };
  void chooseNode("").then((choice) => {
    node = choice;
  });
  const kernels = new Map<NotebookDocument, NotebookKernel>();
  const of = (notebook: NotebookDocument): NotebookKernel => {
    const known = kernels.get(notebook);
    if (known) return known;
    const kernel = new NotebookKernel(
      (events) =>
        new CellProcess({
          ...events,
          node: node.command,
          script,
          folder: folderOf(notebook),
          env: { ...process.env, ...node.env },
        }),
      { log: (text) => log.append(text), state: () => {} },
    );
    kernels.set(notebook, kernel);
    return kernel;
  };
  context.subscriptions.push(
    log,
    createController({ of }),
    workspace.onDidCloseNotebookDocument((notebook) => {
      kernels.get(notebook)?.[Symbol.dispose]();
      kernels.delete(notebook);
    }),
    { dispose: () => kernels.forEach((kernel) => kernel[Symbol.dispose]()) },
  );
}

function folderOf({ uri }: NotebookDocument): string {
  if (uri.scheme === "file") return dirname(uri.fsPath);
  return workspace.workspaceFolders?.[0]?.uri.fsPath ?? homedir();
}
void Uri;
