import type { MimeBundle } from "@normstream/pipeline";
import { escaped } from "@normstream/report/charts";
import { formatNumber } from "../cli/quantities.js";
import { textTable } from "../cli/text-table.js";

/** Rows and columns that are shown of a long table. */
const MOST_ROWS = 60;
const MOST_COLUMNS = 24;
const MOST_CHARACTERS = 80;

/** A table of cells that people read. */
export interface ShownTable {
  readonly title?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** A table as HTML without styles, and as text. */
export function tableForm({ title, columns, rows }: ShownTable): MimeBundle {
  const names = columns.slice(0, MOST_COLUMNS);
  const shown = rows.slice(0, MOST_ROWS).map((row) => names.map((_, i) => cellText(row[i])));
  const isNumber = names.map((_, i) =>
    rows.slice(0, MOST_ROWS).every((row) => ["number", "bigint", "undefined"].includes(typeof row[i])),
  );
  const more = [
    ...(rows.length > MOST_ROWS ? [`${MOST_ROWS} of ${rows.length} rows`] : []),
    ...(columns.length > MOST_COLUMNS ? [`${MOST_COLUMNS} of ${columns.length} columns`] : []),
  ].join(", ");
  const line = (cells: readonly string[], tag: "td" | "th"): string =>
    `<tr>${cells.map((cell, i) => `<${tag} align="${isNumber[i] ? "right" : "left"}">${escaped(cell)}</${tag}>`).join("")}</tr>`;
  const caption = title === undefined ? "" : `<caption align="top">${escaped(title)}</caption>`;
  const html = `<table>${caption}<thead>${line(names, "th")}</thead><tbody>${shown.map((row) => line(row, "td")).join("")}</tbody></table>`;
  const head = title === undefined ? "" : `${title}\n\n`;
  return {
    "text/html": `${html}${more ? `<p>${more}</p>` : ""}`,
    "text/plain": `${head}${textTable(names, shown, isNumber.indexOf(true) === -1 ? names.length : isNumber.indexOf(true))}${more ? `… ${more}\n` : ""}`,
  };
}

/** Lists of plain objects, and maps: as tables; null for all else. */
export function tableOf(value: unknown): ShownTable | null {
  if (value instanceof Map) return value.size === 0 ? null : { columns: ["key", "value"], rows: [...value] };
  if (!Array.isArray(value) || value.length === 0 || !value.every(isRecord)) return null;
  const columns = [...new Set(value.flatMap((row) => Object.keys(row)))];
  return columns.length === 0 ? null : { columns, rows: value.map((row) => columns.map((column) => row[column])) };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

function cellText(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "number") return formatNumber(value);
  const text = typeof value === "object" && value !== null ? listText(value) : String(value);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
}

function listText(value: object): string {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as Float64Array, formatNumber).join(", ");
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
