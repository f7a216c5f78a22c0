/** How people write that a value is missing. */
const MISSING: ReadonlySet<string> = new Set(["", "na", "n/a", "nan", "null", "none", "#n/a"]);

/**
 * A cell as a number: decimal, correctly rounded to float64; infinities; NaN where it says that the value is missing.
 * @returns undefined for anything else, such as `0x10`, `1,5` or a word
 */
export function numberOfCell(cell: string): number | undefined {
  const value = Number(cell);
  // Number() takes an empty text for 0, and knows other bases.
  if (!Number.isNaN(value) && cell.length > 0 && !(value === 0 && cell.trim() === "")) {
    return cell.length > 2 && isOtherBase(cell) ? undefined : value;
  }
  const text = cell.trim().toLowerCase();
  if (MISSING.has(text)) return Number.NaN;
  if (text === "inf" || text === "+inf" || text === "infinity" || text === "+infinity") return Number.POSITIVE_INFINITY;
  return text === "-inf" || text === "-infinity" ? Number.NEGATIVE_INFINITY : undefined;
}

const isOtherBase = (cell: string): boolean => /^\s*0[xXoObB]/.test(cell);
