import { escaped } from "../charts/mark.js";
import { pngAddress } from "../charts/png.js";
import type { Rasterizer } from "../picture/rasterizer.js";
import { CHANNEL_FLAGS, type NormMemory, type Report } from "../report.js";
import { byteAmount, figure, percent } from "../text/figures.js";
import { flagWords } from "../text/flag-words.js";
import { posterPng } from "./poster-png.js";

/** Bytes of UTF-8 that the static form takes at most. */
export const STATIC_HTML_BYTES = 96 * 1024;

const SHOWN_CHANNELS = 12;
const SHOWN_FINDINGS = 6;

/**
 * A report for where nothing runs (GitHub, nbviewer, nbconvert): a picture, the reasons and plain tables. No style, no script, no SVG: they would
 * be taken out.
 * @returns HTML of at most 96 KiB
 */
export function staticHtml(report: Report, rasterize: Rasterizer): string {
  const texts = `${reasonsList(report)}${factsTable(report)}${channelsTable(report)}`;
  const alt = escaped(report.text.alt);
  // A third more in base64, and the element around it.
  const room = STATIC_HTML_BYTES - utf8Length(texts) - utf8Length(alt) - 120;
  const picture = posterPng(report, rasterize, Math.floor(room / 4) * 3);
  const image = picture ? `<img src="${pngAddress(picture.png)}" width="${picture.width}" alt="${alt}">` : "";
  return `${image}${texts}`;
}

const utf8Length = (text: string): number => new TextEncoder().encode(text).length;

/** What the verdict goes by: sentences, which a table would squeeze. */
function reasonsList({ verdict }: Report): string {
  const said = verdict ? [...verdict.reasons, verdict.caution].filter((text) => text !== "") : [];
  return said.length === 0 ? "" : `<ul>${said.map((text) => `<li>${escaped(text)}</li>`).join("")}</ul>`;
}

type Row = readonly [head: string, text: string];

function factsTable(report: Report): string {
  const { title, tensor, verdict, findings, lineage, memory, progress } = report;
  const rows: Row[] = [
    ["Data", title],
    ["Shape", `${tensor.shape.join(" × ")} ${tensor.layout}, ${tensor.dtype}, ${byteAmount(tensor.bytes)}`],
    ...(progress ? [["Read", `${percent(progress.fraction)}, estimate`] as const] : []),
    ...findings.slice(0, SHOWN_FINDINGS).map(({ severity, title: said, evidence }): Row => [severity, `${said}. ${evidence}`]),
    ...(verdict ? [["Verdict", `${verdict.headline} (${verdict.certainty})`] as const] : []),
    ["Memory, saved for backward", memoryText(memory, "saved")],
    ["Memory, before the first output", memoryText(memory, "beforeFirstOutput")],
    ["Digest", lineage.digest ?? "none yet"],
    ["Made", `${report.created}, normstream ${lineage.normstream}`],
  ];
  const cells = rows.map(
    ([head, text]) => `<tr><th align="left">${escaped(head)}</th><td align="left">${escaped(text)}</td></tr>`,
  );
  return `<table>${cells.join("")}</table>`;
}

function memoryText(memory: NormMemory, sense: "saved" | "beforeFirstOutput"): string {
  const { batch, instance, group, layer } = memory[sense];
  return `BN ${byteAmount(batch)}, IN ${byteAmount(instance)}, GN ${byteAmount(group)}, LN ${byteAmount(layer)} at batch size ${memory.batchSize}`;
}

function channelsTable({ channels, tensor }: Report): string {
  const { index, names, mean, std, min, max, instanceStd, between, flags } = channels;
  const count = Math.min(index.length, SHOWN_CHANNELS);
  const places = Array.from({ length: count }, (_, i) => Math.floor((i * index.length) / count));
  const known = (values: Float32Array, at: number): string => (Number.isNaN(values[at]) ? "" : figure(values[at] as number));
  const isConstant = (at: number): boolean => ((flags[at] as number) & CHANNEL_FLAGS.constant) !== 0;
  const rows = places.map((at) => [
    names?.[at] || String(index[at]),
    ...[mean, std, min, max].map((column) => known(column, at)),
    isConstant(at) || Number.isNaN(instanceStd[at]) ? "" : figure((instanceStd[at] as number) * (std[at] as number)),
    Number.isNaN(between[at]) ? "" : percent((between[at] as number) ** 2),
    flagWords(flags[at] as number),
  ]);
  const head = ["channel", "mean", "std", "min", "max", "mean instance std", "variance between", "flags"];
  const shown = head.map((_, i) => i < 5 || rows.some((row) => row[i] !== ""));
  const line = (cells: readonly string[], tag: "th" | "td"): string =>
    `<tr>${cells
      .filter((_, i) => shown[i])
      .map((cell) => `<${tag} align="right">${escaped(cell)}</${tag}>`)
      .join("")}</tr>`;
  const rest = tensor.channels > count ? `<p>${count} of ${tensor.channels} channels, evenly spaced.</p>` : "";
  return count === 0 ? "" : `<table>${line(head, "th")}${rows.map((row) => line(row, "td")).join("")}</table>${rest}`;
}
