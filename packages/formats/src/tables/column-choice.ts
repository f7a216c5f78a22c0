import { usageError } from "@normstream/tensor";
import type { Column } from "./column-type.js";

/** A message lists no more names than this. */
const MAX_LISTED = 20;

/**
 * The columns that are read: those that `select` names, in its order (`price,age`); else all of them.
 * @throws NormstreamError of kind `usage` where one of them is not numbers, is not there, or a list stands beside others: it says what to
 * select.
 */
export function chooseColumns(columns: readonly Column[], select: string | undefined, file: string): readonly Column[] {
  const chosen = select === undefined ? columns : namesOf(columns, select).map((name) => columnOf(columns, name, file));
  const numeric = columns.filter(({ type, shape }) => type !== undefined && shape.length === 0);
  const others = chosen.filter(({ type }) => type === undefined);
  const hint = (names: readonly Column[]) =>
    names.length > 0 ? `Choose with --select ${listed(names, ",")}.` : "Encode them as numbers first.";
  if (chosen.length === 0) throw usageError("the table has no columns", { file, expected: "one column of numbers or more" });
  if (others.length > 0) {
    const [only, second] = others as [Column, Column?];
    const what = second
      ? `the columns ${listed(others, ", ")} are no numbers`
      : `the column ${only.name} is no numbers but ${only.typeName}`;
    throw usageError(what, { file, hint: hint(numeric.length > 0 ? numeric : columns.filter(({ type }) => type !== undefined)) });
  }
  const list = chosen.find(({ shape }) => shape.length > 0);
  if (list && chosen.length > 1) {
    throw usageError(`the column ${list.name} holds lists of ${list.shape.join(" × ")} values, and there are others beside it`, {
      file,
      expected: "one column of lists, or columns of numbers",
      hint: `Choose with --select ${list.name}${numeric.length > 0 ? `, or --select ${listed(numeric, ",")}` : ""}.`,
    });
  }
  const twice = chosen.find(({ name }, i) => chosen.findIndex((other) => other.name === name) !== i);
  if (twice) throw usageError(`two columns are called ${twice.name}`, { file, hint: "Rename one of them." });
  return chosen;
}

/** A name that has a comma is taken as it is where it is all that is selected. */
const namesOf = (columns: readonly Column[], select: string): readonly string[] =>
  columns.some(({ name }) => name === select) ? [select] : select.split(",").map((name) => name.trim());

function columnOf(columns: readonly Column[], name: string, file: string): Column {
  const column = columns.find((candidate) => candidate.name === name);
  if (column) return column;
  throw usageError(`the table has no column "${name}"`, { file, hint: `It has ${listed(columns, ", ")}.` });
}

const listed = (columns: readonly Column[], separator: string): string =>
  columns
    .slice(0, MAX_LISTED)
    .map(({ name }) => name)
    .join(separator) + (columns.length > MAX_LISTED ? ` and ${columns.length - MAX_LISTED} more` : "");
