import type { Mark } from "@normstream/report/charts";
import { h, type VNode } from "preact";

/** As `markText` writes a number: two decimals, and 0 for what is not finite. */
const rounded = (value: number): number => (Number.isFinite(value) ? Math.round(value * 100) / 100 : 0);

/** A chart's mark as an element. Text stays text: nothing of a report is ever markup. */
export function markView(node: Mark, key?: number): VNode {
  const attributes: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(node.attributes)) {
    attributes[name] = typeof value === "number" ? rounded(value) : value;
  }
  const children = node.children.map((child, index) => (typeof child === "string" ? child : markView(child, index)));
  return h(node.tag, key === undefined ? attributes : { ...attributes, key }, children);
}
