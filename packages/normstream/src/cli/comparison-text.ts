import type { ComparedChannel, ComparedSide, Comparison, ErrorBasis, ShiftVerdict } from "@normstream/pipeline";
import { formatShape } from "@normstream/tensor";
import { shownName } from "./channel-name.js";
import { counted, formatNumber } from "./quantities.js";
import { factLines, textTable } from "./text-table.js";

/** Channels that are shown, the worst first. */
const SHOWN_CHANNELS = 20;

/** A comparison as people read it: what was found, then the channels, the worst first, then what the errors come from. */
export function comparisonText(comparison: Comparison): string {
  const { a, b, channels, notes } = comparison;
  const sides = factLines([
    ["A", sideText(a)],
    ["B", sideText(b)],
  ]);
  const facts = factLines([
    ["shift", "B - A, in stds of the channel; ratio: std of B / std of A"],
    ["t", "the same in standard errors"],
    ["p", `two-sided, adjusted for ${2 * channels.length} tests (Holm)`],
    ["errors", errorsText(a, b)],
  ]);
  const said = notes.map((note) => `note: ${note}\n`).join("");
  return `${verdictLine(comparison)}\n\n${sides}\n${channelTable(channels)}\n${facts}${said}`;
}

/** What was found, in one line. */
export function verdictLine(comparison: Comparison): string {
  const { threshold, verdict, channels } = comparison;
  const [worst] = worstFirst(channels) as [ComparedChannel];
  const number = (wanted: ShiftVerdict) => channels.filter((channel) => channel.verdict === wanted).length;
  const all = counted(channels.length, "channel");
  const place = `${channelText(worst)}: ${sizeText(worst)}`;
  switch (verdict) {
    case "shifted":
      return `shifted: ${number("shifted")} of ${all} by ${threshold} std or more, the most ${place}`;
    case "unknown":
      return `cannot tell: ${number("unknown")} of ${all} cannot be judged, for example ${place}`;
    case "small":
      return `no shift of ${threshold} std or more: ${number("small")} of ${all} differ by less than that, the most ${place}`;
    case "none":
      return `no shift: what differs in ${all} may be chance, the most ${place}`;
  }
}

const sizeText = ({ meanShift, stdShift }: ComparedChannel): string =>
  `mean ${signed(meanShift.effect)} std, std × ${short(Math.exp(stdShift.shift))}`;

const sideText = ({ input, shape, dtype, layout, samples }: ComparedSide): string =>
  `${input}: ${formatShape(shape)} ${dtype}, ${layout}, ${counted(samples, "sample")}`;

const BASIS: Record<ErrorBasis, string> = {
  instances: "how samples differ",
  blocks: "how rows of several samples differ",
  values: "the number of values",
  normal: "the number of values, if they are normal",
};

function errorsText(a: ComparedSide, b: ComparedSide): string {
  const sideOf = ({ meanError, stdError }: ComparedSide) =>
    meanError === stdError ? BASIS[meanError] : `${BASIS[meanError]} (std: ${BASIS[stdError]})`;
  const [textA, textB] = [sideOf(a), sideOf(b)];
  return textA === textB ? `from ${textA}` : `A: from ${textA}; B: from ${textB}`;
}

const ORDER: readonly ShiftVerdict[] = ["shifted", "unknown", "small", "none"];

const sizeOf = ({ meanShift, stdShift }: ComparedChannel): number =>
  Math.max(Math.abs(meanShift.effect) || 0, Math.abs(stdShift.shift) || 0);

/** What to call a channel in a line. */
export const channelText = ({ channel, name }: ComparedChannel): string => (name ? shownName(name) : `channel ${channel}`);

/** Channels by how grave what was found of them is, then by how far they differ. */
export function worstFirst(channels: readonly ComparedChannel[]): ComparedChannel[] {
  const rank = ({ verdict }: ComparedChannel) => ORDER.indexOf(verdict);
  const bySize = (x: number, y: number) => (x === y ? 0 : y - x);
  return channels.toSorted((x, y) => rank(x) - rank(y) || bySize(sizeOf(x), sizeOf(y)) || x.channel - y.channel);
}

const WORDS: Record<ShiftVerdict, string> = { shifted: "shifted", unknown: "unknown", small: "small", none: "-" };

function channelTable(channels: readonly ComparedChannel[]): string {
  const shown = worstFirst(channels).slice(0, SHOWN_CHANNELS);
  const rows: (readonly string[] | string)[] = shown.map(({ channel, name, mean, std, meanShift, stdShift, verdict }) => [
    name ? shownName(name) : String(channel),
    ...mean.map(formatNumber),
    signed(meanShift.effect),
    signed(meanShift.t),
    chance(meanShift.adjustedP),
    ...std.map(formatNumber),
    short(Math.exp(stdShift.shift)),
    signed(stdShift.t),
    chance(stdShift.adjustedP),
    WORDS[verdict],
  ]);
  const left = channels.length - shown.length;
  if (left > 0) rows.push(`… ${left} more that differ less; --json gives all`);
  const header = ["channel", "mean A", "mean B", "shift", "t", "p", "std A", "std B", "ratio", "t", "p", "verdict"];
  return textTable(header, rows);
}

/** Four digits; what cannot be told is a question mark. */
const short = (value: number): string => (Number.isNaN(value) ? "?" : formatNumber(Number(value.toPrecision(4))));

const signed = (value: number): string => `${value > 0 ? "+" : ""}${short(value)}`;

function chance(p: number): string {
  if (Number.isNaN(p)) return "?";
  if (p < 1e-300) return "<1e-300";
  return p >= 0.001 ? p.toFixed(3) : p.toExponential(0);
}
