import { decodeReport } from "@normstream/report/payload";
import { renderReport, type Selection } from "./index.js";

// The HTML page: shows the report that stands in it. Its selection lives in the address, so that a link shows what was seen.

const KEYS = ["norm", "channel", "instance", "batchSize", "momentum", "use"] as const;
const WORDS: readonly string[] = ["norm", "use"];

function selectionOf(hash: string): Partial<Selection> {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const entries = KEYS.flatMap((key): [string, unknown][] => {
    const text = fields.get(key);
    if (text === null) return [];
    if (WORDS.includes(key)) return [[key, text]];
    if (key === "momentum" && text === "average") return [[key, null]];
    const value = Number(text);
    return Number.isFinite(value) ? [[key, value]] : [];
  });
  return Object.fromEntries(entries);
}

const hashOf = (selection: Selection): string =>
  new URLSearchParams(KEYS.map((key) => [key, selection[key] === null ? "average" : String(selection[key])])).toString();

const place = document.getElementById("normstream-view");
const data = document.getElementById("normstream-report");
if (place && data) {
  const report = decodeReport(data.textContent ?? "");
  const view = document.createElement("div");
  renderReport(view, report, {
    selection: selectionOf(location.hash),
    onSelection: (selection) => history.replaceState(null, "", `#${hashOf(selection)}`),
  });
  place.replaceChildren(view);
}
