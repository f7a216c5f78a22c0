import type { ComparedChannel, Comparison } from "@normstream/pipeline";
import { type Chart, type ShiftRow, shiftInterval, shiftsChart, withHeading } from "@normstream/report/charts";
import { channelText, worstFirst } from "./comparison-text.js";

/** Rows of a picture, the worst first. */
const PICTURE_ROWS = 24;
const PICTURE_WIDTH = 900;
/** Rows of a drawing for a terminal, and the characters of one. */
const TEXT_ROWS = 12;
const WIDTH = 57;
/** Stds from A's mean that a drawing shows at least, and at most. */
const NEAREST = 1.6;
const FARTHEST = 8;

const rowOf = ({ channel, name, mean, std, meanShift, verdict }: ComparedChannel): ShiftRow => ({
  ...{ channel, name, mean, std, verdict },
  error: meanShift.standardError,
});

/** Two data sets as a picture: the channels that differ most. */
export function comparisonChart({ a, b, channels, threshold }: Comparison): Chart {
  const rows = worstFirst(channels).slice(0, PICTURE_ROWS).map(rowOf);
  const chart = shiftsChart(rows, { width: PICTURE_WIDTH, threshold, total: channels.length });
  return withHeading(chart, { title: "How two data sets differ", caption: `A: ${a.input}. B: ${b.input}.` });
}

/** Two data sets drawn in text, a line a channel: A's mean ± std as a band, B's over it, in A's stds from A's mean. */
export function comparisonDrawing({ channels }: Comparison): string {
  const rows = worstFirst(channels)
    .slice(0, TEXT_ROWS)
    .flatMap((channel) => {
      const interval = shiftInterval(rowOf(channel));
      return interval ? [{ name: channelText(channel), ...interval }] : [];
    });
  if (rows.length === 0) return "";
  const ends = rows.map(({ at, half }) => Math.abs(at) + half);
  const reach = Math.min(FARTHEST, Math.max(NEAREST, ...ends) * 1.05);
  const place = (value: number): number => Math.round(((value + reach) / (2 * reach)) * (WIDTH - 1));
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const line = (cells: readonly string[], name: string) => `${name.padEnd(nameWidth)}  ${cells.join("").trimEnd()}\n`;
  const band = (): string[] => Array.from({ length: WIDTH }, (_, i) => (i >= place(-1) && i <= place(1) ? "░" : " "));
  const drawn = rows.map(({ name, at, half }) => {
    const cells = band();
    const [from, to, middle] = [place(at - half), place(at + half), place(at)];
    for (let i = Math.max(0, from); i <= Math.min(WIDTH - 1, to); i++) cells[i] = "─";
    if (from >= 0 && from < WIDTH) cells[from] = "├";
    if (to >= 0 && to < WIDTH) cells[to] = "┤";
    cells[Math.max(0, Math.min(WIDTH - 1, middle))] = middle < 0 ? "◂" : middle >= WIDTH ? "▸" : "●";
    return line(cells, name);
  });
  const scale = Array.from({ length: WIDTH }, () => " ");
  for (const value of [-1, 0, 1]) {
    const text = value === 0 ? "mean" : `${value < 0 ? "−" : "+"}std`;
    const start = place(value) - Math.floor(text.length / 2);
    for (const [i, character] of [...text].entries()) scale[start + i] = character;
  }
  const note = "░ is A's mean ± std, ├──●──┤ is B's, in A's stds from A's mean\n";
  return `${drawn.join("")}${line(scale, "of A")}${note}`;
}
