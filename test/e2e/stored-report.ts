import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../../packages/normstream/bin/normstream.js", import.meta.url));

export const REPORT_MIME = "application/vnd.normstream.report.v1+json";

/** Runs a command of Normstream's. */
export function normstream(...args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`normstream ${args.join(" ")}: ${stderr}`);
}

/** What is used here of an .ipynb file. */
export interface NotebookFile {
  readonly cells: NotebookFileCell[];
  readonly [name: string]: unknown;
}

export interface NotebookFileCell {
  readonly cell_type: string;
  readonly source: string | readonly string[];
  outputs?: NotebookFileOutput[];
  readonly [name: string]: unknown;
}

export interface NotebookFileOutput {
  readonly output_type: string;
  data?: Record<string, unknown>;
  readonly [name: string]: unknown;
}

export const readNotebook = (folder: string, name: string): NotebookFile =>
  JSON.parse(readFileSync(join(folder, name), "utf8")) as NotebookFile;

export const saveNotebook = (folder: string, name: string, notebook: NotebookFile): void =>
  writeFileSync(join(folder, name), `${JSON.stringify(notebook, null, 1)}\n`);

/** All outputs of a notebook. */
export const outputsOf = (notebook: NotebookFile): NotebookFileOutput[] => notebook.cells.flatMap(({ outputs }) => outputs ?? []);

/** A code cell with a text, and perhaps outputs. */
export const codeCell = (id: string, source: string, outputs: NotebookFileOutput[] = []): NotebookFileCell => ({
  cell_type: "code",
  execution_count: null,
  id,
  metadata: {},
  outputs,
  source,
});
