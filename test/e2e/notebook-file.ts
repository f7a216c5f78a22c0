import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes a notebook of ours, a cell for each text. @returns the file's name */
export function writeNotebook(folder: string, name: string, cells: readonly string[]): string {
  const notebook = {
    cells: cells.map((text, index) => ({
      cell_type: "code",
      execution_count: null,
      id: `cell-${index}`,
      metadata: {},
      outputs: [],
      source: text.split("\n").map((line, i, all) => (i < all.length - 1 ? `${line}\n` : line)),
    })),
    metadata: {
      kernelspec: { display_name: "Normstream (TypeScript)", language: "typescript", name: "normstream" },
      language_info: { name: "typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  writeFileSync(join(folder, name), `${JSON.stringify(notebook, null, 1)}\n`);
  return name;
}
