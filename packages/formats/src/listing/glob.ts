import { usageError } from "@normstream/tensor";

/** Braces stand for at most so many patterns. */
const MOST_ALTERNATIVES = 10_000;

/** Whether a path is meant as a pattern. */
export const isPattern = (path: string): boolean => /[*?[{]/.test(path);

/** A pattern for paths: `*`, `?`, `[a-z]`, `**` for any folders between, `{train,test}` and `{000..011}`. */
export interface Glob {
  /** The folder that all paths stand in: the part of the pattern before the first wildcard. */
  readonly base: string;
  /** Whether a file, by its path below `base`, is meant. */
  takes(relative: string): boolean;
  /** Whether a folder, by its path below `base`, may hold a file that is meant. */
  enters(relative: string): boolean;
}

/**
 * Reads a pattern. Names that begin with a dot are meant only where the pattern has the dot.
 * @throws NormstreamError of kind `usage` for brackets or braces that do not close, or that stand for more than 10,000 patterns.
 */
export function parseGlob(pattern: string): Glob {
  const parts = pattern.split("/");
  const firstMagic = parts.findIndex(isPattern);
  const base = parts.slice(0, firstMagic).join("/") || (pattern.startsWith("/") ? "/" : ".");
  const alternatives = expandBraces(parts.slice(firstMagic).join("/"), pattern);
  const lists = alternatives.map((text) => text.split("/").map((part) => (part === "**" ? null : segmentOf(part, pattern))));
  return {
    base,
    takes: (relative) => lists.some((list) => fits(list, relative.split("/"), false)),
    enters: (relative) => lists.some((list) => fits(list, relative.split("/"), true)),
  };
}

/** A pattern's parts against a path's; null is `**`. `isFolder`: whether there may be more behind the path. */
function fits(list: readonly (RegExp | null)[], path: readonly string[], isFolder: boolean, p = 0, s = 0): boolean {
  if (s === path.length) return isFolder ? p < list.length : p === list.length;
  if (p === list.length) return false;
  const part = list[p];
  const name = path[s] as string;
  if (part === null) {
    if (p === list.length - 1) return path.slice(s).every((rest) => !rest.startsWith("."));
    return fits(list, path, isFolder, p + 1, s) || (!name.startsWith(".") && fits(list, path, isFolder, p, s + 1));
  }
  return (part as RegExp).test(name) && fits(list, path, isFolder, p + 1, s + 1);
}

function segmentOf(part: string, pattern: string): RegExp {
  let source = part.startsWith(".") ? "" : "(?!\\.)";
  for (let i = 0; i < part.length; i++) {
    const character = part[i] as string;
    if (character === "*") source += "[^/]*";
    else if (character === "?") source += "[^/]";
    else if (character === "[") {
      const end = part.indexOf("]", i + 2);
      if (end < 0) throw usageError("a bracket in the pattern does not close", { file: pattern });
      const set = part.slice(i + 1, end).replace(/[\\\]^]/g, "\\$&");
      source += set.startsWith("!") ? `[^/${set.slice(1)}]` : `[${set}]`;
      i = end;
    } else source += character.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  }
  return new RegExp(`^${source}$`, "su");
}

/**
 * `a{b,c}d` as `abd` and `acd`; `{08..11}` counts, with as many digits as its ends have.
 * @param pattern what was written, for messages
 */
export function expandBraces(text: string, pattern: string): string[] {
  const open = text.indexOf("{");
  if (open < 0) return [text];
  let depth = 0;
  const cuts = [open];
  let close = -1;
  for (let i = open; i < text.length && close < 0; i++) {
    if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) close = i;
    else if (text[i] === "," && depth === 1) cuts.push(i);
  }
  if (close < 0) throw usageError("a brace in the pattern does not close", { file: pattern });
  const rest = expandBraces(text.slice(close + 1), pattern);
  const inner = cuts.map((cut, i) => text.slice(cut + 1, cuts[i + 1] ?? close));
  const choices = countedNames(inner) ?? inner.flatMap((choice) => expandBraces(choice, pattern));
  if (choices.length * rest.length > MOST_ALTERNATIVES) {
    throw usageError(`braces in the pattern stand for more than ${MOST_ALTERNATIVES} patterns`, {
      file: pattern,
      hint: "Use *.",
    });
  }
  const head = text.slice(0, open);
  return choices.flatMap((choice) => rest.map((tail) => head + choice + tail));
}

function countedNames(inner: readonly string[]): string[] | undefined {
  const match = inner.length === 1 ? /^(\d+)\.\.(\d+)$/.exec(inner[0] as string) : null;
  if (!match) return undefined;
  const [from, to] = [Number(match[1]), Number(match[2])];
  if (Math.abs(to - from) >= MOST_ALTERNATIVES) return new Array(MOST_ALTERNATIVES + 1).fill("");
  const digits = Math.max((match[1] as string).length, (match[2] as string).length);
  const isPadded = [match[1], match[2]].some((end) => (end as string).length > 1 && (end as string).startsWith("0"));
  const step = from <= to ? 1 : -1;
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => {
    const number = String(from + i * step);
    return isPadded ? number.padStart(digits, "0") : number;
  });
}
