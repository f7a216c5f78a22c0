import { sentenceMarks } from "./axis.js";
import type { Chart, ChartSize } from "./chart.js";
import { hatchPath, rectangleCorners } from "./hatch.js";
import { group, mark } from "./mark.js";
import { path } from "./path.js";
import { wrapText } from "./text.js";

const SENTENCE_SIZE = 13;

/** In the place of a chart that cannot be drawn: one sentence that says why, on a pale hatch. The size is the chart's own. */
export function emptyChart(sentence: string, { width, height }: ChartSize): Chart {
  const area = { left: 0, top: 0, right: width, bottom: height };
  const lines = wrapText(sentence, SENTENCE_SIZE, Math.min(width - 32, 420)).slice(0, Math.max(1, Math.floor(height / 19)));
  return {
    width,
    height,
    description: sentence,
    marks: [
      mark("rect", { class: "panel", width, height, rx: 6 }),
      group("grid", path("hair faint", hatchPath(rectangleCorners(0, 0, width, height), 45, 14))),
      mark("rect", { class: "panel", ...sentenceBox(lines.length, width, height) }),
      ...sentenceMarks(lines, area),
    ],
  };
}

function sentenceBox(lineCount: number, width: number, height: number) {
  const [boxWidth, boxHeight] = [Math.min(width, 440), Math.min(height, lineCount * 19 + 14)];
  return { x: (width - boxWidth) / 2, y: (height - boxHeight) / 2, width: boxWidth, height: boxHeight };
}
