import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { type Disposable, EventEmitter, type LogOutputChannel, type NotebookDocument, workspace } from "vscode";
import { CellProcess } from "./cell-process.js";
import { chooseNode, type NodeChoice } from "./node-choice.js";
import { type KernelState, NotebookKernel } from "./notebook-kernel.js";
import { readSettings, settingsEnvironment } from "./settings.js";

/** What a notebook's kernel does now. */
export interface KernelReport {
  readonly state: KernelState;
  /** Part of the data that the cell has read, 0 to 1; null where it tells none. */
  readonly progress: number | null;
  /** What runs its cells; null before the first. */
  readonly node: NodeChoice | null;
}

const NOTHING: KernelReport = { state: "none", progress: null, node: null };

/** The kernels of the notebooks that are open: each is made for the first cell that runs, and goes with its notebook. */
export class Kernels implements Disposable {
  readonly #kernels = new Map<NotebookDocument, NotebookKernel>();
  readonly #reports = new Map<NotebookDocument, KernelReport>();
  readonly #changed = new EventEmitter<NotebookDocument>();
  readonly #closing: Disposable;
  readonly #script: string;
  readonly #log: LogOutputChannel;
  #node: { readonly setting: string; readonly choice: Promise<NodeChoice> } | null = null;

  constructor(extensionFolder: string, log: LogOutputChannel) {
    this.#script = join(extensionFolder, "dist", "kernel", "cells.js");
    this.#log = log;
    this.#closing = workspace.onDidCloseNotebookDocument((notebook) => {
      this.#kernels.get(notebook)?.[Symbol.dispose]();
      this.#kernels.delete(notebook);
      this.#reports.delete(notebook);
    });
  }

  /** When a kernel's report is another. */
  readonly onDidChange = this.#changed.event;

  report(notebook: NotebookDocument): KernelReport {
    return this.#reports.get(notebook) ?? NOTHING;
  }

  /** The kernel of a notebook, where it has one. */
  known(notebook: NotebookDocument): NotebookKernel | undefined {
    return this.#kernels.get(notebook);
  }

  /** Begins to look for a Node, so that the first cell need not wait for it. */
  prepare(): void {
    // What is wrong with it is told to the first cell.
    this.#chooseNode().catch(() => {});
  }

  /**
   * The kernel of a notebook, made where there is none.
   * @throws Error of one line where no Node can run it
   */
  async of(notebook: NotebookDocument): Promise<NotebookKernel> {
    const node = await this.#chooseNode();
    const known = this.#kernels.get(notebook);
    if (known) return known;
    const kernel: NotebookKernel = new NotebookKernel(
      (events) => {
        const settings = readSettings();
        const env = { ...process.env, ...node.env, ...settingsEnvironment(settings) };
        const started = new CellProcess({ ...events, node: node.command, script: this.#script, folder: folderOf(notebook), env });
        this.#log.info(`Cells of ${notebook.uri.path} run in Node ${node.version} (${node.origin}), process ${started.pid}.`);
        return started;
      },
      {
        log: (text) => this.#log.info(text.trimEnd()),
        state: (state) => this.#tell(notebook, { state, progress: null, node }),
        progress: (progress) => this.#tell(notebook, { ...this.report(notebook), progress }),
      },
    );
    this.#kernels.set(notebook, kernel);
    return kernel;
  }

  dispose(): void {
    this.#closing.dispose();
    for (const kernel of this.#kernels.values()) kernel[Symbol.dispose]();
    this.#kernels.clear();
    this.#changed.dispose();
  }

  #tell(notebook: NotebookDocument, report: KernelReport): void {
    this.#reports.set(notebook, report);
    this.#changed.fire(notebook);
  }

  /** Looks again when the setting is another, and after a failure. */
  #chooseNode(): Promise<NodeChoice> {
    const setting = readSettings().node;
    if (this.#node?.setting !== setting) {
      const choice = chooseNode(setting);
      this.#node = { setting, choice };
      choice.catch(() => {
        this.#node = null;
      });
    }
    return this.#node.choice;
  }
}

/** Where a notebook's relative paths begin: its own folder, for one without a file the workspace's. */
export function folderOf({ uri }: Pick<NotebookDocument, "uri">): string {
  if (uri.scheme === "file") return dirname(uri.fsPath);
  return workspace.workspaceFolders?.find((folder) => folder.uri.scheme === "file")?.uri.fsPath ?? homedir();
}
