import { inspect, types } from "node:util";
import { type LiveName, type LiveValue, MOST_NAMES, MOST_VALUE_TEXT } from "../protocol/live-values.js";
import type { Evaluator } from "./evaluator.js";

/** Variables of all cells, and what the kernel adds to them. */
export async function variables(evaluator: Evaluator): Promise<LiveName[]> {
  const names = [...new Set([...(await evaluator.names()), "display"])].slice(0, MOST_NAMES);
  const found = await Promise.all(names.map(async (name) => ({ name, peeked: await evaluator.peek(name) })));
  return found.map(({ name, peeked }) => ({
    name,
    kind: isClass(peeked?.value) ? "class" : typeof peeked?.value === "function" ? "function" : "variable",
    type: peeked ? typeName(peeked.value) : "",
  }));
}

/** Members of what a chain stands for, its own before those that it inherits. */
export async function membersOf(evaluator: Evaluator, chain: string): Promise<LiveName[]> {
  const peeked = await evaluator.peek(chain);
  const { value } = peeked ?? {};
  if (value === null || value === undefined) return [];
  const found = new Map<string, LiveName>();
  // A proxy would run code of its own.
  for (let at: unknown = Object(value); at !== null && !types.isProxy(at); at = Object.getPrototypeOf(at)) {
    if (at === Object.prototype && found.size > 0) break;
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(at as object))) {
      if (found.size >= MOST_NAMES) return [...found.values()];
      if (found.has(name) || name === "constructor" || !/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) continue;
      const isMethod = typeof descriptor.value === "function";
      found.set(name, {
        name,
        kind: isMethod ? "method" : "property",
        type: "value" in descriptor ? typeName(descriptor.value) : "",
      });
    }
  }
  return [...found.values()];
}

export async function valueAt(evaluator: Evaluator, chain: string): Promise<LiveValue | null> {
  const peeked = await evaluator.peek(chain);
  if (!peeked) return null;
  const { value } = peeked;
  const text =
    typeof value === "function" ? signature(value) : inspect(value, { depth: 1, maxArrayLength: 8, maxStringLength: 200 });
  return { type: typeName(value), text: text.length > MOST_VALUE_TEXT ? `${text.slice(0, MOST_VALUE_TEXT)}…` : text };
}

/** "number", "Float64Array(3)", "class Tensor", "null" */
function typeName(value: unknown): string {
  if (value === null) return "null";
  if (isClass(value)) return "class";
  if (typeof value !== "object") return typeof value;
  if (types.isProxy(value)) return "Proxy";
  const name = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(value) ?? {}, "constructor")?.value?.name;
  const type = typeof name === "string" && name !== "" ? name : "object";
  return Array.isArray(value) || ArrayBuffer.isView(value) ? `${type}(${(value as ArrayLike<unknown>).length ?? ""})` : type;
}

const isClass = (value: unknown): boolean =>
  typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));

/** The head of a function's text. */
function signature(value: unknown): string {
  const text = Function.prototype.toString.call(value);
  const head = /^[^{]*?\)(?=\s*(?:\{|=>))/s.exec(text)?.[0] ?? text.split("\n")[0] ?? "";
  return head
    .replace(/__normstream\b/, "")
    .replace(/\s+/g, " ")
    .trim();
}
