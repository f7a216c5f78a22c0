import type { BlockStatement, VariableDeclaration } from "acorn";
import type { Edit } from "./edits.js";
import { HOOK } from "./imports-to-calls.js";
import type { AnyNode } from "./syntax-tree.js";

const isUsing = (node: AnyNode): boolean =>
  node.type === "VariableDeclaration" && ["using", "await using"].includes((node as unknown as VariableDeclaration).kind);

/**
 * A `using` of the cell itself: its name lives on in other cells, so that what it holds is kept, until another run of the cell takes
 * its place or the notebook restarts.
 */
export function keptUsingEdits(node: AnyNode): Edit[] {
  if (!isUsing(node)) return [];
  const { start, declarations } = node as unknown as VariableDeclaration;
  const first = declarations[0];
  if (!first) return [];
  return [
    { start, end: first.id.start, text: "let " },
    ...declarations.flatMap(({ id, init }): Edit[] =>
      init
        ? [
            {
              start: init.start,
              end: init.start,
              text: `${HOOK}.keep(${JSON.stringify((id as { name?: string }).name ?? "")}, `,
            },
            { start: init.end, end: init.end, text: ")" },
          ]
        : [],
    ),
  ];
}

/**
 * A block with `using` in it, for a Node that does not know the word: try, catch and finally around it do what the word means.
 * @param depth makes the scope's name its own
 */
export function scopedUsingEdits(block: AnyNode, depth: number): Edit[] {
  const { body, start, end } = block as unknown as BlockStatement;
  const usings = (body as unknown as AnyNode[]).filter(isUsing) as unknown as VariableDeclaration[];
  if (usings.length === 0) return [];
  const isAsync = usings.some(({ kind }) => kind === "await using");
  const scope = `${HOOK}_${depth}`;
  const open = start + (block.type === "StaticBlock" ? "static {".length : 1);
  const after = isAsync ? `await ${scope}.endAsync()` : `${scope}.end()`;
  return [
    { start: open, end: open, text: ` const ${scope} = ${HOOK}.scope(); try {` },
    ...usings.flatMap((declaration) => useEdits(declaration, scope)),
    { start: end - 1, end: end - 1, text: `} catch (error) { ${scope}.fail(error); } finally { ${after}; } ` },
  ];
}

function useEdits({ start, kind, declarations }: VariableDeclaration, scope: string): Edit[] {
  const first = declarations[0];
  if (!first) return [];
  const method = kind === "using" ? "use" : "useAsync";
  return [
    { start, end: first.id.start, text: "const " },
    ...declarations.flatMap(({ init }): Edit[] =>
      init
        ? [
            { start: init.start, end: init.start, text: `${scope}.${method}(` },
            { start: init.end, end: init.end, text: ")" },
          ]
        : [],
    ),
  ];
}
