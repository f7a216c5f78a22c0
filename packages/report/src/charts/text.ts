/**
 * Widths of text without a browser. A chart is laid out before it is shown, so widths are estimated from Helvetica's, made a
 * little wider: system-ui, Segoe UI, Arial and Liberation Sans all stay under the estimate, so that labels never meet.
 */
const ADVANCES: Readonly<Record<string, number>> = {
  "iljI|.,:;'!": 0.28,
  "ft()[]{}/\\-r ·": 0.35,
  'ckszxvyJ*"': 0.52,
  "mwMW%@—…": 0.93,
  "ABCDEFGHKLNOPQRSTUVXYZ&": 0.72,
};

const WIDTHS = new Map<string, number>(
  Object.entries(ADVANCES).flatMap(([characters, width]) =>
    [...characters].map((character): [string, number] => [character, width]),
  ),
);

const DIGIT_WIDTH = 0.58;
const WIDE_WIDTH = 1.05;

/** The estimated width of one line in px at a font size in px; bold is 7 % wider. */
export function textWidth(text: string, fontSize: number, bold = false): number {
  let width = 0;
  for (const character of text) {
    const isWide = (character.codePointAt(0) ?? 0) >= 0x1100;
    width += WIDTHS.get(character) ?? (isWide ? WIDE_WIDTH : DIGIT_WIDTH);
  }
  return width * fontSize * (bold ? 1.07 : 1);
}

/** Text as lines of at most `maxWidth` px. A word that is wider than a line is cut with an ellipsis. */
export function wrapText(text: string, fontSize: number, maxWidth: number, bold = false): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && textWidth(longer, fontSize, bold) > maxWidth) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  lines.push(line);
  return lines.map((each) => truncateText(each, fontSize, maxWidth, bold));
}

/** Text of at most `maxWidth` px, its end replaced by an ellipsis where it is longer; empty where not even that fits. */
export function truncateText(text: string, fontSize: number, maxWidth: number, bold = false): string {
  // No line of a chart holds more characters than this; a megabyte of name is not measured whole.
  let short = text.length > 400 ? [...text.slice(0, 401)].slice(0, 400).join("") : text;
  if (short === text && textWidth(text, fontSize, bold) <= maxWidth) return text;
  while (short !== "" && textWidth(`${short}…`, fontSize, bold) > maxWidth) short = [...short].slice(0, -1).join("");
  return short === "" ? "" : `${short.trimEnd()}…`;
}
