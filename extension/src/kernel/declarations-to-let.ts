import type { FunctionDeclaration, Pattern, VariableDeclaration } from "acorn";
import type { Edit } from "./edits.js";
import { HOOK } from "./imports-to-calls.js";
import { type AnyNode, childrenOf } from "./syntax-tree.js";

// V8's REPL mode lets a script declare a name anew only as what it was before: a `let` as a `let`. People who edit a cell make a
// function of a constant and a constant of a function; so every name of a cell becomes a `let`.

/** Suffix of the name under which V8 hoists a function. */
const HOISTED = `__${HOOK.replaceAll("_", "")}`;

/** What a cell's declarations become. */
export interface Declarations {
  readonly edits: readonly Edit[];
  /** Stands before the cell, on its first line. */
  readonly head: string;
}

/** @param statements of the cell itself */
export function declarationsToLet(statements: readonly AnyNode[]): Declarations {
  const edits: Edit[] = [];
  const functions: string[] = [];
  const variables = new Set<string>();
  for (const statement of statements) {
    const declared = (statement.declaration as AnyNode | null | undefined) ?? statement;
    if (declared.type === "FunctionDeclaration") {
      const { id } = declared as unknown as FunctionDeclaration;
      if (!id) continue;
      functions.push(id.name);
      edits.push({ start: id.end, end: id.end, text: HOISTED });
    } else if (declared.type === "VariableDeclaration" && declared.kind === "const") {
      edits.push({ start: declared.start, end: declared.start + "const".length, text: "let" });
    }
    varEdits(declared, null, edits, variables);
  }
  const heads = functions.map((name) => `let ${name} = ${HOOK}.named(${name}${HOISTED}, ${JSON.stringify(name)});`);
  const names = [...variables].filter((name) => !functions.includes(name));
  return { edits, head: [...heads, ...(names.length > 0 ? [`let ${names.join(", ")};`] : [])].join(" ") };
}

/** A `var` of the cell, however deep in its blocks, belongs to the whole cell: it is declared in the head, and assigned where it stands. */
function varEdits(node: AnyNode, parent: AnyNode | null, edits: Edit[], names: Set<string>): void {
  if (/Function|^ClassDeclaration|^ClassExpression/.test(node.type)) return;
  if (node.type === "VariableDeclaration" && node.kind === "var") {
    const { start, declarations } = node as unknown as VariableDeclaration;
    const [first, last] = [declarations[0], declarations.at(-1)];
    if (!first || !last) return;
    for (const { id } of declarations) for (const name of boundNames(id)) names.add(name);
    const isHead = parent?.type.startsWith("For") === true && parent.body !== node;
    // A name without a value stands for itself, and does nothing.
    if (isHead) edits.push({ start, end: first.start, text: "" });
    else edits.push({ start, end: first.start, text: "void (" }, { start: last.end, end: last.end, text: ")" });
  }
  for (const child of childrenOf(node)) varEdits(child, node, edits, names);
}

/** Names that a pattern binds. */
function boundNames(pattern: Pattern): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((each) => boundNames(each.type === "Property" ? each.value : each));
    case "ArrayPattern":
      return pattern.elements.flatMap((each) => (each ? boundNames(each) : []));
    case "AssignmentPattern":
      return boundNames(pattern.left);
    case "RestElement":
      return boundNames(pattern.argument);
    default:
      return [];
  }
}
