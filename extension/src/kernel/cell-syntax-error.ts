/** A cell whose text cannot be read as TypeScript: what is wrong, and where in the cell. */
export class CellSyntaxError extends SyntaxError {
  override readonly name = "SyntaxError";
  /** From 1. */
  readonly line: number;
  /** From 0. */
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

const SUCRASE = /^Error transforming [^:]*: /;

/** Errors of sucrase, which counts columns from 1, and acorn, from 0: both end in "(line:column)". */
export function asCellSyntaxError(error: unknown): unknown {
  const { message, loc } = error as { message?: string; loc?: { line: number; column: number } };
  if (typeof message !== "string" || !loc) return error;
  const column = SUCRASE.test(message) ? loc.column - 1 : loc.column;
  return new CellSyntaxError(message.replace(SUCRASE, "").replace(/ \(\d+:\d+\)$/, ""), loc.line, Math.max(0, column));
}
