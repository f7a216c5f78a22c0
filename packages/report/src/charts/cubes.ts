import { REPORT_NORMS, type ReportNorm } from "../report.js";
import { label } from "./axis.js";
import { type Box, blockLabels, blockMark } from "./block.js";
import type { Chart, ChartSize } from "./chart.js";
import { emptyChart } from "./empty.js";
import { type Mark, type MarkChild, mark } from "./mark.js";
import { marker, NORMS } from "./norm-encoding.js";
import { normCaption, type Selection, type TensorExtent } from "./norm-sets.js";
import type { ChartSelection } from "./selection.js";
import { sheetLabels, sheetMark } from "./sheet.js";
import { textWidth, wrapText } from "./text.js";

/** `norm` is the one whose block is large: batch norm's where nothing is chosen. */
export interface CubesOptions extends ChartSelection {
  /**
   * The norm that is not among the small ones; default `norm`. While a pointer looks at one of those, they stay where they are: else
   * another one would come to lie under it.
   */
  readonly chosen?: ReportNorm | undefined;
}

const LEADING = 17;
const TITLE = 15;
const CAPTION = 13;
const SMALL_BLOCK = 128;

/**
 * Which values are normalized together: four blocks N × C × H·W, the chosen norm's large. Lit cells share one statistic, that
 * of the selected channel and instance; the other sets are outlined, so that they can be counted. A table is a flat sheet.
 */
export function cubesChart(extent: TensorExtent, size: ChartSize, options: CubesOptions = {}): Chart {
  const { norm = "batch", channel = 0, instance = 0, chosen = norm } = options;
  if (extent.samples === 0) return emptyChart("No samples: there is nothing to normalize.", size);
  const others = REPORT_NORMS.filter((name) => name !== chosen);
  const selection = { channel, instance };
  const isWide = size.width >= 600;
  const large: Box = isWide
    ? { x: 0, y: 0, width: size.width * 0.54, height: size.height }
    : { x: 0, y: 0, width: size.width, height: size.height * 0.58 };
  const rest: Box = isWide
    ? { x: large.width + 24, y: 0, width: size.width - large.width - 24, height: size.height }
    : { x: 0, y: large.height + 20, width: size.width, height: size.height - large.height - 20 };
  const lineCount = Math.max(...others.map((name) => wrapText(normCaption(name, extent), CAPTION, rest.width / 3 - 8).length));
  const small = others.map((name, index) => {
    const box: Box = isWide
      ? { ...rest, y: rest.y + (rest.height / 3) * index, height: rest.height / 3 }
      : { ...rest, x: rest.x + (rest.width / 3) * index, width: rest.width / 3 - 8 };
    return isWide ? besideCaption(name, extent, selection, box) : aboveCaption(name, extent, selection, box, lineCount);
  });
  return {
    ...size,
    description: REPORT_NORMS.map((name) => `${NORMS[name].letters}: ${normCaption(name, extent)}`).join(" "),
    marks: [largeCube(norm, extent, selection, large), ...small],
  };
}

const isTable = (extent: TensorExtent): boolean => extent.planeValues === 1 && extent.planeAxes === "";

function bodyMark(norm: ReportNorm, extent: TensorExtent, selection: Selection, box: Box): Mark {
  return (isTable(extent) ? sheetMark : blockMark)(norm, extent, selection, box);
}

const captionLines = (lines: readonly string[], x: number, y: number): Mark[] =>
  lines.map((line, index) => label(line, x, y + index * LEADING, { className: "muted", size: CAPTION }));

/** What can be pointed at: the whole place of a norm, under a name that the page listens for. */
function cube(norm: ReportNorm, box: Box, children: readonly MarkChild[]): Mark {
  const { x, y, width, height } = box;
  return mark("g", { class: "cube", "data-norm": norm }, mark("rect", { class: "hit", x, y, width, height }), ...children);
}

/** `● BN  Batch norm`: marker, letters in the norm's colour, title. */
function cubeTitle(norm: ReportNorm, x: number, y: number, isLong: boolean): Mark {
  const { letters, title, color, marker: shape } = NORMS[norm];
  return mark(
    "g",
    {},
    mark(
      "g",
      { class: color },
      marker(shape, x + 6, y - 5, 5, "fill"),
      label(letters, x + 18, y, { className: "own strong", size: TITLE }),
    ),
    isLong ? label(title, x + 24 + textWidth(letters, TITLE, true), y, { className: "strong", size: TITLE }) : null,
  );
}

function largeCube(norm: ReportNorm, extent: TensorExtent, selection: Selection, box: Box): Mark {
  const lines = wrapText(normCaption(norm, extent), CAPTION, box.width - 8);
  const captionTop = box.y + box.height - (lines.length - 1) * LEADING - 6;
  const room = { x: box.x + 56, y: box.y + 40, width: box.width - 72, height: captionTop - 46 - (box.y + 40) };
  const place = isTable(extent) ? sheetBox({ ...room, x: box.x + 16, y: room.y + 16, width: box.width - 32 }) : room;
  const labels = isTable(extent) ? sheetLabels(extent, place) : blockLabels(extent, place);
  return cube(norm, box, [
    cubeTitle(norm, box.x, box.y + TITLE, true),
    bodyMark(norm, extent, selection, place),
    labels,
    ...captionLines(lines, box.x, captionTop),
  ]);
}

/** A sheet keeps to a width where its cells are not stretched to bars. */
function sheetBox(room: Box): Box {
  const width = Math.min(room.width, room.height * 1.5);
  return { ...room, x: room.x + (room.width - width) / 2, width };
}

function besideCaption(norm: ReportNorm, extent: TensorExtent, selection: Selection, box: Box): Mark {
  const blockWidth = Math.min(SMALL_BLOCK, box.width * 0.42);
  const room = { x: box.x, y: box.y + 8, width: blockWidth, height: box.height - 16 };
  const place = isTable(extent) ? sheetBox(inset(room, 10)) : room;
  const left = box.x + blockWidth + 16;
  const lines = wrapText(normCaption(norm, extent), CAPTION, box.x + box.width - left);
  const top = box.y + box.height / 2 - (lines.length * LEADING) / 2 + 2;
  return cube(norm, box, [
    bodyMark(norm, extent, selection, place),
    cubeTitle(norm, left, top, box.width > 320),
    ...captionLines(lines, left, top + LEADING + 4),
  ]);
}

const inset = (box: Box, by: number): Box => ({
  x: box.x + by,
  y: box.y + by,
  width: box.width - 2 * by,
  height: box.height - 2 * by,
});

function aboveCaption(norm: ReportNorm, extent: TensorExtent, selection: Selection, box: Box, lineCount: number): Mark {
  const lines = wrapText(normCaption(norm, extent), CAPTION, box.width);
  const captionTop = box.y + box.height - (lineCount - 1) * LEADING - 4;
  const room = { x: box.x, y: box.y + 26, width: box.width, height: captionTop - LEADING - 4 - (box.y + 26) };
  const place = isTable(extent) ? sheetBox(inset(room, 6)) : room;
  return cube(norm, box, [
    cubeTitle(norm, box.x, box.y + TITLE, false),
    bodyMark(norm, extent, selection, place),
    ...captionLines(lines, box.x, captionTop),
  ]);
}
