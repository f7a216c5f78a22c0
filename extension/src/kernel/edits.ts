/** Text to put in the place of a range of another. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Applies edits that do not overlap. A replacement keeps the number of lines of what it replaces, so that all that follows stays on
 * its line.
 */
export function edited(code: string, edits: readonly Edit[]): string {
  const inOrder = edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  const parts: string[] = [];
  for (const { start, end, text } of inOrder) {
    parts.push(code.slice(at, start), text, "\n".repeat(Math.max(0, linesIn(code, start, end) - linesIn(text, 0, text.length))));
    at = end;
  }
  parts.push(code.slice(at));
  return parts.join("");
}

function linesIn(text: string, start: number, end: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n", start); at !== -1 && at < end; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}
