/**
 * Columns of text, each as wide as its widest cell and two spaces apart; numbers stand right, words left.
 * @param rows rows of equally many cells; a string stands for a row of its own across all columns
 * @param left how many columns, from the first, hold words
 */
export function textTable(header: readonly string[], rows: readonly (readonly string[] | string)[], left = 0): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) =>
    Math.max(...lines.map((row) => (typeof row === "string" ? 0 : (row[column] as string).length))),
  );
  const pad = (cell: string, column: number) =>
    column < left ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number);
  return lines.map((row) => `${typeof row === "string" ? row : row.map(pad).join("  ").trimEnd()}\n`).join("");
}

/** Lines of a name and what is to be said of it. */
export const factLines = (facts: readonly (readonly [name: string, text: string])[]): string => {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, text]) => `${name.padEnd(width)}  ${text}\n`).join("");
};
