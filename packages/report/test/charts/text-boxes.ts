import { type Chart, type Mark, textWidth } from "../../src/charts/index.js";

export interface TextBox {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Every line of text of a chart with the room that it takes, in px of the chart. */
export function textBoxes(chart: Chart): TextBox[] {
  const boxes: TextBox[] = [];
  const visit = (mark: Mark, dx: number, dy: number): void => {
    const moved = /^translate\((\S+) (\S+)\)$/.exec(String(mark.attributes.transform ?? ""));
    const [x0, y0] = moved === null ? [dx, dy] : [dx + Number(moved[1]), dy + Number(moved[2])];
    if (mark.tag === "text") boxes.push(boxOf(mark, x0, y0));
    for (const child of mark.children) if (typeof child !== "string") visit(child, x0, y0);
  };
  for (const mark of chart.marks) if (mark !== null && typeof mark !== "string") visit(mark, 0, 0);
  return boxes;
}

function boxOf({ attributes, children }: Mark, dx: number, dy: number): TextBox {
  const text = children.filter((child) => typeof child === "string").join("");
  const size = Number(attributes["font-size"]);
  const width = textWidth(text, size, String(attributes.class ?? "").includes("strong"));
  const [x, baseline] = [Number(attributes.x) + dx, Number(attributes.y) + dy];
  const left = attributes["text-anchor"] === "end" ? x - width : attributes["text-anchor"] === "middle" ? x - width / 2 : x;
  return { text, left, right: left + width, top: baseline - size * 0.75, bottom: baseline + size * 0.2 };
}

/** Pairs of texts that meet, by what they say. */
export function meetingTexts(boxes: readonly TextBox[]): string[] {
  const meets = (a: TextBox, b: TextBox): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return boxes.flatMap((a, index) =>
    boxes
      .slice(index + 1)
      .filter((b) => meets(a, b))
      .map((b) => `"${a.text}" meets "${b.text}"`),
  );
}

/** Texts that leave the chart, but for the few px by which an axis may. */
export function textsOutside(boxes: readonly TextBox[], { width, height }: Chart, slack = 4): string[] {
  const leaves = ({ left, right, top, bottom }: TextBox): boolean =>
    left < -slack || right > width + slack || top < -slack || bottom > height + slack;
  return boxes
    .filter(leaves)
    .map(
      ({ text, left, right, top, bottom }) =>
        `"${text}" ${Math.round(left)}…${Math.round(right)} × ${Math.round(top)}…${Math.round(bottom)}`,
    );
}
