/** A piece of a chain such as `a.b[0].c`: what stands for a value without doing anything. */
const CHAIN = /(?:[\p{ID_Start}$_][\p{ID_Continue}$]*)(?:(?:\?\.|\.)[\p{ID_Start}$_][\p{ID_Continue}$]*|\[\d+\]|\["[^"\\]*"\])*/u;

/** What is being typed: members of a chain, or a name. */
export interface TypedName {
  /** Before the dot; null where a name begins. */
  readonly chain: string | null;
  /** What is there of the name. */
  readonly begun: string;
}

/** @param before the line up to the cursor; @returns null where no name is typed, as in a text or after a call */
export function typedName(before: string): TypedName | null {
  if (isInText(before)) return null;
  const begun = /[\p{ID_Continue}$]*$/u.exec(before)?.[0] ?? "";
  const rest = before.slice(0, before.length - begun.length);
  const dot = /(?:\?\.|\.)$/.exec(rest)?.[0];
  if (dot === undefined) return /^\d/.test(begun) ? null : { chain: null, begun };
  const chain = new RegExp(`(?:^|[^\\p{ID_Continue}$.\\])"'])(${CHAIN.source})$`, "u").exec(rest.slice(0, -dot.length))?.[1];
  return chain === undefined ? null : { chain, begun };
}

/** The chain that a name in a line ends: for `b` in `a.b.c` it is `a.b`. */
export function chainTo(line: string, start: number, end: number): string | null {
  if (isInText(line.slice(0, start))) return null;
  const chain = new RegExp(`(?:^|[^\\p{ID_Continue}$.\\])"'])(${CHAIN.source})$`, "u").exec(line.slice(0, end))?.[1];
  return chain !== undefined && chain.length >= end - start ? chain : null;
}

/** Whether a line has an open quote: what follows is text. */
function isInText(before: string): boolean {
  let quote: string | null = null;
  for (let i = 0; i < before.length; i++) {
    const c = before[i] as string;
    if (quote !== null && c === "\\") i++;
    else if (quote === null && /["'`]/.test(c)) quote = c;
    else if (c === quote) quote = null;
  }
  return quote !== null;
}
