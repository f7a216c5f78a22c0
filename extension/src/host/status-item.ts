import { type Disposable, MarkdownString, StatusBarAlignment, ThemeColor, window, workspace } from "vscode";
import { KERNEL_COMMANDS } from "./command-names.js";
import type { KernelReport, Kernels } from "./kernels.js";
import { isNormstreamNotebook } from "./notebook-metadata.js";

/** Says in the status bar what the kernel of the notebook in front does, or why it does nothing. */
export function createStatusItem(kernels: Kernels): Disposable {
  const item = window.createStatusBarItem("normstream.kernel", StatusBarAlignment.Left, 10);
  item.name = "Normstream kernel";
  const show = (): void => {
    const notebook = window.activeNotebookEditor?.notebook;
    if (!notebook || !(kernels.known(notebook) || isNormstreamNotebook(notebook))) {
      item.hide();
      return;
    }
    if (!workspace.isTrusted) {
      item.text = "$(shield) Normstream is off";
      item.tooltip = "This workspace is restricted: reports are shown, and no cell runs. Click to decide whether to trust it.";
      item.command = "workbench.trust.manage";
      item.backgroundColor = new ThemeColor("statusBarItem.warningBackground");
    } else {
      const report = kernels.report(notebook);
      item.text = textOf(report);
      item.tooltip = tooltipOf(report);
      item.command = KERNEL_COMMANDS.menu;
      item.backgroundColor = undefined;
    }
    item.show();
  };
  show();
  const watched = [
    window.onDidChangeActiveNotebookEditor(show),
    workspace.onDidGrantWorkspaceTrust(show),
    kernels.onDidChange(show),
  ];
  return { dispose: () => [item, ...watched].forEach((each) => void each.dispose()) };
}

function textOf({ state, progress }: KernelReport): string {
  const part = progress === null ? "" : ` ${Math.floor(progress * 100)} %`;
  switch (state) {
    case "starting":
      return "$(loading~spin) Normstream starts";
    case "busy":
      return `$(loading~spin) Normstream${part}`;
    case "idle":
      return "$(check) Normstream";
    case "none":
      return "$(circle-outline) Normstream";
  }
}

function tooltipOf({ state, node }: KernelReport): MarkdownString {
  const words = {
    starting: "The cell process starts.",
    busy: "A cell runs.",
    idle: "The cell process waits for a cell.",
    none: "No cell process: it starts with the first cell.",
  } as const;
  const where =
    node && state !== "none"
      ? `\n\nNode ${node.version}, from ${node.origin === "setting" ? "the setting normstream.node" : node.origin}`
      : "";
  return new MarkdownString(`${words[state]}${where}`);
}
