import type { VNode } from "preact";

/** What a view shows, as numbers: its table, and the CSV that is saved of it. */
export interface DataTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** More rows than these are in the CSV only: a page of them helps nobody. */
const SHOWN_ROWS = 200;

const shown = (value: string | number): string =>
  typeof value === "string" ? value : Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));

export function DataTableView({ table, label }: { readonly table: DataTable; readonly label: string }): VNode {
  const rest = table.rows.length - SHOWN_ROWS;
  return (
    <section
      class="table"
      aria-label={`${label}, as a table`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <table>
        <thead>
          <tr>
            {table.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.slice(0, SHOWN_ROWS).map((row, index) => (
            <tr key={index}>
              {row.map((value, column) => (
                <td key={column} class={typeof value === "number" ? "number" : ""}>
                  {shown(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rest > 0 && <p class="muted">{rest} more rows are in the CSV.</p>}
    </section>
  );
}

/** RFC 4180. A text that a spreadsheet would take for a formula is kept one by a leading apostrophe. */
export function csvOf({ columns, rows }: DataTable): string {
  const field = (value: string | number): string => {
    if (typeof value === "number") return Number.isFinite(value) ? String(value) : String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return `${[columns, ...rows].map((row) => row.map(field).join(",")).join("\r\n")}\r\n`;
}
