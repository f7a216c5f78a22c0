/** What a block of code in a document is for: to be run, or to be what the one before it prints. */
const PROGRAMS = ["sh", "js", "ts", "python"] as const;
const OUTPUTS = ["text", "json"] as const;

export interface Output {
  readonly language: (typeof OUTPUTS)[number];
  readonly text: string;
  /** Where the text stands in the document. */
  readonly at: number;
}

/** A program or some commands of a document. */
export interface Block {
  readonly language: (typeof PROGRAMS)[number];
  readonly code: string;
  /** Line of the document, counted from 1, at which the fence opens. */
  readonly line: number;
  /** The block that follows, with nothing between. */
  output?: Output;
}

interface Fenced {
  readonly info: string;
  readonly text: string;
  readonly at: number;
  readonly line: number;
}

const isOneOf = <T extends string>(known: readonly T[], word: string): word is T => (known as readonly string[]).includes(word);

/**
 * The blocks of a document, all of which are run. What could not be run, or would be taken for code by a reader and for text by this, is
 * refused: a fence without a language or with another one, an output that nothing prints, code by indentation or in HTML.
 */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let last: { readonly block: Block; readonly endsAt: number } | undefined;
  for (const { info, text, at, line } of fencedIn(markdown)) {
    const where = `line ${line}: a block of "${info}"`;
    if (isOneOf(PROGRAMS, info)) {
      const block: Block = { language: info, code: text, line };
      blocks.push(block);
      last = { block, endsAt: at + text.length };
    } else if (isOneOf(OUTPUTS, info)) {
      const between = last && markdown.slice(last.endsAt, at).replace(/^```\n/, "");
      if (!last || between?.trim() !== `\`\`\`${info}`) throw new Error(`${where} follows no program that prints it`);
      last.block.output = { language: info, text, at };
      last = undefined;
    } else throw new Error(`${where}; expected one of ${[...PROGRAMS, ...OUTPUTS].join(", ")}`);
  }
  return blocks;
}

/** The blocks between fences; throws for code that stands elsewhere. */
function fencedIn(markdown: string): Fenced[] {
  const found: Fenced[] = [];
  let open: { readonly info: string; readonly at: number; readonly line: number } | undefined;
  let at = 0;
  let isAfterBlank = true;
  for (const [index, text] of markdown.split("\n").entries()) {
    const line = index + 1;
    const next = at + text.length + 1;
    if (open) {
      if (text === "```") {
        found.push({ ...open, text: markdown.slice(open.at, at) });
        open = undefined;
      }
    } else if (/^\s*(>\s*)*([-*+]\s+|\d+[.)]\s+)?(```|~~~)/.test(text)) {
      if (!/^```(?!`)/.test(text)) throw new Error(`line ${line}: a fence that does not start its line with three backticks`);
      open = { info: text.slice(3), at: next, line };
    } else if (isAfterBlank && /^( {4}|\t)/.test(text)) throw new Error(`line ${line}: code by indentation`);
    else if (/<(pre|code|script)\b/i.test(text.replace(/`[^`]*`/g, ""))) throw new Error(`line ${line}: code in HTML`);
    isAfterBlank = text.trim() === "";
    at = next;
  }
  if (open) throw new Error(`line ${open.line}: a fence that is not closed`);
  return found;
}
