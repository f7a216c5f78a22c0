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

/** Errors of sucrase and acorn, which end in "(line:column)". */
export function asCellSyntaxError(error: unknown): unknown {
  const { message, loc } = error as { message?: string; loc?: { line: number; column: number } };
  if (typeof message !== "string" || !loc) return error;
  const plain = message.replace(/^Error transforming [^:]*: /, "").replace(/ \(\d+:\d+\)$/, "");
  return new CellSyntaxError(plain, loc.line, Math.max(0, loc.column));
}
