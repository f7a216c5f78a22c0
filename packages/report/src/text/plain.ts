import { noiseOf } from "../payload/column-figures.js";
import type { Finding, Report } from "../report.js";
import { byteAmount, figure, percent } from "./figures.js";
import { flagWords } from "./flag-words.js";
import { shareSparkline, sparkline } from "./sparkline.js";

/** Bytes of UTF-8 that the text takes at most. */
const MOST_BYTES = 4096;
const SHOWN_CHANNELS = 12;
const SPARK = 24;

/**
 * A report as text for a terminal: what to do, the channels, the noise, what was found.
 * @param most bytes of UTF-8 that it takes at most; default 4096
 */
export function plainText(report: Report, most = MOST_BYTES): string {
  const sections = [head(report), verdictLines(report), channelLines(report), curveLines(report), findingLines(report.findings)];
  return cut(
    sections
      .filter((lines) => lines.length > 0)
      .map((lines) => `${lines.join("\n")}\n`)
      .join("\n"),
    most,
  );
}

function head({ title, tensor, progress }: Report): string[] {
  const { shape, dtype, layout, bytes } = tensor;
  const part = progress ? `, ${percent(progress.fraction)} read, estimate` : "";
  return [`${short(title, 60)}: [${shape.join(", ")}] ${dtype}, ${layout}, ${byteAmount(bytes)}${part}`];
}

function verdictLines({ verdict, memory }: Report): string[] {
  if (!verdict) return [];
  const { saved, beforeFirstOutput } = memory;
  const memoryOf = (of: typeof saved) =>
    `BN ${byteAmount(of.batch)}, IN ${byteAmount(of.instance)}, GN ${byteAmount(of.group)}, LN ${byteAmount(of.layer)}`;
  return [
    `${verdict.headline}  (${verdict.certainty})`,
    ...verdict.reasons.map((reason) => `  ${reason}`),
    `  Memory saved for backward: ${memoryOf(saved)}; before the first output: ${memoryOf(beforeFirstOutput)}.`,
    `  ${verdict.caution}`,
  ];
}

function channelLines({ channels, histograms, tensor, verdict }: Report): string[] {
  const { index } = channels;
  const counts = "absent" in histograms ? null : new Map(histograms.channels.map((entry) => [entry.channel, entry.input]));
  const places =
    index.length <= SHOWN_CHANNELS
      ? Array.from(index.keys())
      : Array.from({ length: SHOWN_CHANNELS }, (_, i) => Math.floor((i * index.length) / SHOWN_CHANNELS));
  const header = ["channel", "mean", "std", "min", "max", "ρ", "J", "flags"];
  const rows = places.map((at) => {
    const noise = verdict ? noiseOf(channels, at, verdict.batchSize, tensor.samples) : null;
    const rho = channels.between[at] as number;
    return [
      channels.names?.[at] || String(index[at]),
      ...[channels.mean, channels.std, channels.min, channels.max].map((column) => figure(column[at] as number)),
      Number.isNaN(rho) ? "" : percent(rho * rho),
      noise ? figure(noise.j) : "",
      flagWords(channels.flags[at] as number),
    ];
  });
  const kept = header.map((name, i) => name === "channel" || rows.some((row) => row[i] !== ""));
  const lines = table([header, ...rows].map((row) => row.filter((_, i) => kept[i])));
  const pictures = places.map((at) => counts?.get(index[at] as number));
  if (pictures.every((picture) => picture === undefined)) return [...lines, ...more(index.length, tensor.channels)];
  const width = Math.max(...lines.map((line) => line.length)) + 2;
  const drawn = pictures.map((shares) => (shares ? shareSparkline(shares, SPARK) : ""));
  return [
    ...lines.map((line, i) => (i === 0 ? line : `${line.padEnd(width)}${drawn[i - 1]}`).trimEnd()),
    ...more(index.length, tensor.channels),
  ];
}

const more = (shown: number, all: number): string[] =>
  all > SHOWN_CHANNELS ? [`… ${Math.min(SHOWN_CHANNELS, shown)} of ${all} channels, evenly spaced`] : [];

function curveLines({ noise, gap }: Report): string[] {
  const lines: { label: string; spark: string; ends: string }[] = [];
  const ends = (from: number, to: number) => `${figure(from)} to ${figure(to)} σ`;
  if (!("absent" in noise)) {
    const { batchSizes, median } = noise;
    const label = `noise J, B = ${batchSizes[0]} to ${batchSizes.at(-1)}`;
    lines.push({ label, spark: sparkline(median, SPARK), ends: ends(median[0] as number, median.at(-1) as number) });
  }
  if (!("absent" in gap)) {
    const label = `gap G, batch 1 to ${gap.batches.at(-1)}`;
    lines.push({ label, spark: sparkline(gap.total, SPARK), ends: ends(gap.total[0] as number, gap.final) });
  }
  const widthOf = (key: "label" | "spark") => Math.max(...lines.map((line) => line[key].length));
  return lines.map(
    ({ label, spark, ends: told }) => `${label.padEnd(widthOf("label"))}  ${spark.padEnd(widthOf("spark"))}  ${told}`,
  );
}

function findingLines(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ severity, title, evidence, advice }) => [`${severity}: ${title}`, `  ${evidence}`, `  ${advice}`]);
}

/** Aligned columns: numbers right, the last one (words) left. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] as string).length)));
  return rows.map((row) => row.map((cell, i) => cell.padStart(widths[i] as number)).join("  "));
}

const short = (text: string, most: number): string => (text.length > most ? `…${text.slice(1 - most)}` : text);

/** Whole lines, up to the limit. */
function cut(text: string, most: number): string {
  const encoder = new TextEncoder();
  if (encoder.encode(text).length <= most) return text;
  const lines: string[] = [];
  let bytes = encoder.encode("…\n").length;
  for (const line of text.split("\n")) {
    bytes += encoder.encode(line).length + 1;
    if (bytes > most) break;
    lines.push(line);
  }
  return `${lines.join("\n")}\n…\n`;
}
