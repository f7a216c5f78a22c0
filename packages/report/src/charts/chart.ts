import { type Mark, type MarkChild, mark, markText } from "./mark.js";
import { CHART_CLASS, themeStylesheet } from "./stylesheet.js";
import { wrapText } from "./text.js";
import type { ThemeName } from "./theme.js";

/** A picture: its size in px, what it says in words for those who do not see it, and its marks. */
export interface Chart {
  readonly width: number;
  readonly height: number;
  readonly description: string;
  readonly marks: readonly MarkChild[];
}

export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

/** A chart as one `<svg>` that takes its colours from the page (see `adaptiveStylesheet`). */
export function chartMark({ width, height, description, marks }: Chart): Mark {
  const attributes = {
    class: CHART_CLASS,
    role: "img",
    "aria-label": description,
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
  };
  return mark("svg", attributes, ...marks);
}

/** A chart as the text of an `.svg` file: colours of one theme inside, a background, nothing fetched. */
export function chartFile(chart: Chart, theme: Exclude<ThemeName, "forced">): string {
  const { width, height } = chart;
  const back = mark("rect", { class: "ground", width, height });
  const text = markText(chartMark({ ...chart, marks: [back, ...chart.marks] }));
  // The style is our own text, never data.
  const style = `<style>${themeStylesheet(theme)}</style>`;
  return `${text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ').replace(">", `>${style}`)}\n`;
}

export interface Heading {
  readonly title: string;
  readonly caption?: string;
}

const PADDING = 16;
const TITLE_SIZE = 15;
const CAPTION_SIZE = 13;
const CAPTION_LEADING = 18;

/** A chart under a heading, with room around: what stands in a README or is saved from the page. */
export function withHeading(chart: Chart, { title, caption = "" }: Heading): Chart {
  const width = chart.width + 2 * PADDING;
  const lines = caption === "" ? [] : wrapText(caption, CAPTION_SIZE, chart.width);
  const titleBaseline = PADDING + TITLE_SIZE;
  const top = titleBaseline + lines.length * CAPTION_LEADING + 14;
  return {
    width,
    height: top + chart.height + PADDING,
    description: [title, caption, chart.description].filter((part) => part !== "").join(". "),
    marks: [
      mark("text", { class: "strong", x: PADDING, y: titleBaseline, "font-size": TITLE_SIZE }, title),
      ...lines.map((line, index) =>
        mark(
          "text",
          { class: "muted", x: PADDING, y: titleBaseline + (index + 1) * CAPTION_LEADING + 2, "font-size": CAPTION_SIZE },
          line,
        ),
      ),
      mark("g", { transform: `translate(${PADDING} ${top})` }, ...chart.marks),
    ],
  };
}
