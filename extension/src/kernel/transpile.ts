import {
  type AwaitExpression,
  type ForOfStatement,
  type ImportDeclaration,
  type ImportExpression,
  type Options,
  Parser,
} from "acorn";
import { transform } from "sucrase";
import type { CellSource } from "../protocol/kernel-messages.js";
import { asCellSyntaxError, CellSyntaxError } from "./cell-syntax-error.js";
import { declarationsToLet } from "./declarations-to-let.js";
import { type Edit, edited } from "./edits.js";
import { dynamicImportEdits, exportEdit, HOOK, importEdit } from "./imports-to-calls.js";
import { type AnyNode, nodesOf } from "./syntax-tree.js";
import { keptUsingEdits, scopedUsingEdits } from "./using-to-scopes.js";

const SYNTAX: Options = {
  ecmaVersion: "latest",
  sourceType: "module",
  allowImportExportEverywhere: true,
  preserveParens: true,
  locations: false,
};

/** A reader of cells. Names that a cell exports may be another cell's. */
const CellParser = Parser.extend(
  (Base) =>
    class extends (Base as unknown as new (...args: unknown[]) => { raiseRecoverable(place: number, message: string): void }) {
      override raiseRecoverable(place: number, message: string): void {
        if (!/^Export '.*' is not defined$/.test(message)) super.raiseRecoverable(place, message);
      }
    } as unknown as typeof Parser,
);

export interface TranspileOptions {
  /** Whether this Node knows `using`. */
  readonly hasUsing: boolean;
}

/**
 * Turns a cell into a script that V8's REPL mode evaluates: types go, imports become awaited calls, names can be declared anew, a `using`
 * of the cell keeps what it holds, and each `await` can be interrupted. Every statement stays on its line.
 * @throws CellSyntaxError with the cell's own line
 */
export function transpile({ code, language }: Pick<CellSource, "code" | "language">, options: TranspileOptions): string {
  try {
    const plain = language === "typescript" ? withoutTypes(code) : code;
    const program = CellParser.parse(plain, SYNTAX) as unknown as AnyNode & { readonly body: readonly AnyNode[] };
    const { head, edits } = declarationsToLet(program.body);
    return `"use strict";void 0;${head}${edited(plain, [...cellEdits(program.body), ...edits, ...deepEdits(program, options)])}`;
  } catch (error) {
    throw asCellSyntaxError(error);
  }
}

function withoutTypes(code: string): string {
  refuseNamespaces(code);
  return transform(code, {
    transforms: ["typescript"],
    keepUnusedImports: true,
    disableESTransforms: true,
    preserveDynamicImport: true,
    filePath: "cell",
  }).code;
}

/** sucrase drops namespaces without a word. */
function refuseNamespaces(code: string): void {
  for (const [index, line] of code.split("\n").entries()) {
    if (/^\s*(export\s+)?namespace\s+[\w.]+\s*\{/.test(line))
      throw new CellSyntaxError("Namespaces do not work in cells: declare an object or a class", index + 1, 0);
  }
}

/** Edits of the cell's own statements. */
function cellEdits(statements: readonly AnyNode[]): Edit[] {
  return statements.flatMap((node): Edit[] => {
    if (node.type === "ImportDeclaration") return [importEdit(node as unknown as ImportDeclaration)];
    const edit = exportEdit(node);
    return edit ? [edit] : keptUsingEdits(node);
  });
}

/** Edits at any depth. */
function deepEdits(program: AnyNode, { hasUsing }: TranspileOptions): Edit[] {
  const edits: Edit[] = [];
  let scopes = 0;
  for (const node of nodesOf(program)) {
    if (node.type === "AwaitExpression") {
      const { start, end } = node as unknown as AwaitExpression;
      const open = start + "await".length;
      edits.push({ start: open, end: open, text: ` ${HOOK}.until(` }, { start: end, end, text: ")" });
    } else if (node.type === "ForOfStatement" && (node as unknown as ForOfStatement).await) {
      const { right } = node as unknown as ForOfStatement;
      edits.push(
        { start: right.start, end: right.start, text: `${HOOK}.each(` },
        { start: right.end, end: right.end, text: ")" },
      );
    } else if (node.type === "ImportExpression") {
      edits.push(...dynamicImportEdits(node as unknown as ImportExpression));
    } else if (node.type === "MetaProperty" && (node.meta as AnyNode).name === "import") {
      edits.push({ start: node.start, end: node.end, text: `${HOOK}.meta` });
    } else if (!hasUsing && (node.type === "BlockStatement" || node.type === "StaticBlock")) {
      edits.push(...scopedUsingEdits(node, ++scopes));
    }
  }
  return edits;
}
