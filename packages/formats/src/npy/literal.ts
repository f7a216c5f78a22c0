import { dataError, type ErrorDetails } from "@normstream/tensor";

/** A Python literal. Tuples and lists stay apart, because NumPy's shape is a tuple and a structured type is a list. */
export type PythonLiteral =
  | string
  | number
  | boolean
  | null
  | Map<string, PythonLiteral>
  | { readonly kind: "tuple" | "list"; readonly items: readonly PythonLiteral[] };

/** Deeper than any header that NumPy writes, and shallow enough for the stack. */
const MAX_DEPTH = 32;
const NUMBER = /-?(?:0|[1-9]\d*)L?/y;
const WORD = /[A-Za-z_]+/y;
const SPACE = /[ \t\r\n\f]*/y;

/**
 * Parses text that is one Python literal and white space around it: dicts with string keys, tuples, lists, strings,
 * whole numbers (with the `L` of Python 2), True, False, None. Nothing is evaluated.
 *
 * @param byteOffset where the text begins in its file: one character is one byte.
 * @throws NormstreamError of kind `data` that names the byte.
 */
export function parsePythonLiteral(text: string, byteOffset: number, where: ErrorDetails): PythonLiteral {
  let at = 0;

  const fail = (expected: string): never => {
    const found = at < text.length ? JSON.stringify(text.slice(at, at + 16)) : "the end of the header";
    throw dataError("the header is not a Python literal", { ...where, byteOffset: byteOffset + at, expected, found });
  };
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? "";
    at += found.length;
    return found;
  };
  const accept = (character: string): boolean => {
    match(SPACE);
    if (text[at] !== character) return false;
    at++;
    return true;
  };

  function value(depth: number): PythonLiteral {
    if (depth > MAX_DEPTH) fail(`at most ${MAX_DEPTH} levels of nesting`);
    if (accept("{")) return dict(depth);
    if (accept("[")) return { kind: "list", items: sequence("]", depth).items };
    if (accept("(")) {
      const { items, comma } = sequence(")", depth);
      // Without a comma, parentheses only group.
      return items.length === 1 && !comma ? (items[0] as PythonLiteral) : { kind: "tuple", items };
    }
    const next = text[at];
    if (next === "'" || next === '"') return string();
    const digits = match(NUMBER);
    if (digits) return Number(digits.replace("L", "")) + 0;
    const start = at;
    const word = match(WORD);
    if (word === "True") return true;
    if (word === "False") return false;
    if (word === "None") return null;
    at = start;
    return fail("a dict, tuple, list, string, number, True, False or None");
  }

  function sequence(close: string, depth: number): { items: PythonLiteral[]; comma: boolean } {
    const items: PythonLiteral[] = [];
    let comma = false;
    while (!accept(close)) {
      if (items.length > 0 && !comma) fail(`"," or "${close}"`);
      items.push(value(depth + 1));
      comma = accept(",");
    }
    return { items, comma };
  }

  function dict(depth: number): Map<string, PythonLiteral> {
    const entries = new Map<string, PythonLiteral>();
    let comma = true;
    while (!accept("}")) {
      if (!comma) fail('"," or "}"');
      if (text[at] !== "'" && text[at] !== '"') fail("a key in quotes");
      const key = string();
      if (entries.has(key)) fail(`the key "${key}" once`);
      if (!accept(":")) fail('":"');
      entries.set(key, value(depth + 1));
      comma = accept(",");
    }
    return entries;
  }

  function string(): string {
    const quote = text[at++];
    let result = "";
    for (;;) {
      const character = text[at];
      if (character === undefined || character === "\n") return fail(`the string to end in ${quote}`);
      at++;
      if (character === quote) return result;
      if (character !== "\\") result += character;
      else {
        const escaped = text[at];
        if (escaped !== "\\" && escaped !== "'" && escaped !== '"') return fail("an escaped quote or backslash");
        result += escaped;
        at++;
      }
    }
  }

  const literal = value(0);
  match(SPACE);
  if (at < text.length) fail("nothing after the literal");
  return literal;
}
