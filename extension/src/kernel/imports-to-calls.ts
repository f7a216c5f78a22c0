import type {
  ExportDefaultDeclaration,
  ExportNamedDeclaration,
  Identifier,
  ImportAttribute,
  ImportDeclaration,
  ImportExpression,
  Literal,
} from "acorn";
import type { Edit } from "./edits.js";
import type { AnyNode } from "./syntax-tree.js";

/** Name of what cells call behind the scenes. */
export const HOOK = "__normstream";

/** A cell is a script, which has no imports: they become awaited calls, and their names are seen by other cells. */
export function importEdit({ start, end, specifiers, source, attributes }: ImportDeclaration): Edit {
  const named = specifiers.flatMap((specifier): { key: string; local: string }[] => {
    if (specifier.type === "ImportNamespaceSpecifier") return [];
    const key = specifier.type === "ImportSpecifier" ? nameOf(specifier.imported) : "default";
    return [{ key, local: specifier.local.name }];
  });
  const whole = specifiers.find(({ type }) => type === "ImportNamespaceSpecifier")?.local.name;
  const keys = JSON.stringify(named.map(({ key }) => key));
  const call = `await ${HOOK}.import(${JSON.stringify(source.value)}, ${optionsOf(attributes)}, ${keys})`;
  const pattern = `{ ${named.map(({ key, local }) => `${JSON.stringify(key)}: ${local}`).join(", ")} }`;
  if (whole === undefined) return { start, end, text: named.length > 0 ? `let ${pattern} = ${call};` : `${call};` };
  return { start, end, text: `let ${whole} = ${call};${named.length > 0 ? ` let ${pattern} = ${whole};` : ""}` };
}

/** `import(x)`: looked up from the notebook's folder. */
export function dynamicImportEdits({ start, source }: ImportExpression): Edit[] {
  return [{ start, end: source.start, text: `${HOOK}.importLater(` }];
}

/** `export` means nothing in a notebook: what is declared stays declared. */
export function exportEdit(node: AnyNode): Edit | null {
  if (node.type === "ExportNamedDeclaration") {
    const { start, end, declaration } = node as unknown as ExportNamedDeclaration;
    return { start, end: declaration ? declaration.start : end, text: declaration ? "" : ";" };
  }
  if (node.type === "ExportDefaultDeclaration") {
    const { start, declaration } = node as unknown as ExportDefaultDeclaration;
    const isUnnamed = /^(Function|Class)Declaration$/.test(declaration.type) && !(declaration as { id?: unknown }).id;
    return { start, end: declaration.start, text: isUnnamed ? "void " : "" };
  }
  return node.type === "ExportAllDeclaration" ? { start: node.start, end: node.end, text: ";" } : null;
}

const nameOf = (name: Identifier | Literal): string => (name.type === "Identifier" ? name.name : String(name.value));

function optionsOf(attributes: readonly ImportAttribute[]): string {
  if (attributes.length === 0) return "undefined";
  const pairs = attributes.map(({ key, value }) => `${JSON.stringify(nameOf(key))}: ${JSON.stringify(value.value)}`);
  return `{ with: { ${pairs.join(", ")} } }`;
}
