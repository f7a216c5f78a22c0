/** The elements that charts are made of. There is no script, no link, no foreign object and no style among them. */
export type MarkTag = "circle" | "desc" | "g" | "image" | "line" | "path" | "rect" | "svg" | "text" | "title" | "tspan";

export type MarkAttributes = Readonly<Record<string, string | number>>;

/**
 * One SVG element as plain data. `markText` writes it as text; a renderer hands its three parts to `createElement`. Attributes
 * are SVG's own names, which preact takes as they are; `data-…` attributes name what can be pointed at.
 */
export interface Mark {
  readonly tag: MarkTag;
  readonly attributes: MarkAttributes;
  readonly children: readonly (Mark | string)[];
}

export type MarkChild = Mark | string | null;

/** Makes a mark. Children that are null are left out, so that a part which does not apply can be said in line. */
export function mark(tag: MarkTag, attributes: MarkAttributes, ...children: readonly MarkChild[]): Mark {
  return { tag, attributes, children: children.filter((child) => child !== null) };
}

export const group = (className: string, ...children: readonly MarkChild[]): Mark => mark("g", { class: className }, ...children);

/** A coordinate as charts write it: two decimals, and 0 for what is not finite, so that one bad number spoils one mark only. */
export const coordinate = (value: number): number => (Number.isFinite(value) ? Math.round(value * 100) / 100 + 0 : 0);

/**
 * The markup of a mark. Every string is escaped, whatever its source; characters that XML 1.0 forbids become U+FFFD, so that
 * the result always parses.
 */
export function markText(node: Mark): string {
  const attributes = Object.entries(node.attributes).map(
    ([name, value]) => ` ${name}="${escaped(typeof value === "number" ? String(coordinate(value)) : value)}"`,
  );
  const open = `<${node.tag}${attributes.join("")}`;
  if (node.children.length === 0) return `${open}/>`;
  const children = node.children.map((child) => (typeof child === "string" ? escaped(child) : markText(child)));
  return `${open}>${children.join("")}</${node.tag}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text for element content and for attributes in double quotes. */
export function escaped(text: string): string {
  return text.replace(FORBIDDEN_IN_XML, "\uFFFD").replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

// What XML 1.0 does not allow: control characters, lone surrogates, U+FFFE and U+FFFF.
const FORBIDDEN_IN_XML = /[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
