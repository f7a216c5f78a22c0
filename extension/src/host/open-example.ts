import { commands, type Disposable, type ExtensionContext, Uri, window, workspace } from "vscode";
import { OPEN_EXAMPLE } from "./command-names.js";

const NOTEBOOK = "bn-or-in.ipynb";

/** Opens a copy of the example notebook, which may be changed and saved; its data lie beside it. */
export function registerOpenExample({ extensionUri, globalStorageUri }: ExtensionContext): Disposable {
  return commands.registerCommand(OPEN_EXAMPLE, async () => {
    const folder = Uri.joinPath(globalStorageUri, "examples");
    await workspace.fs.createDirectory(folder);
    const source = Uri.joinPath(extensionUri, "notebooks");
    for (const [name] of await workspace.fs.readDirectory(source)) {
      const target = Uri.joinPath(folder, name);
      if (name === NOTEBOOK && (await exists(target))) continue;
      await workspace.fs.copy(Uri.joinPath(source, name), target, { overwrite: true });
    }
    const notebook = await workspace.openNotebookDocument(Uri.joinPath(folder, NOTEBOOK));
    await window.showNotebookDocument(notebook);
  });
}

async function exists(uri: Uri): Promise<boolean> {
  try {
    await workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
