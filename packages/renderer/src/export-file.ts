import { type Chart, chartFile, type Heading, type ThemeName, withHeading } from "@normstream/report/charts";
import { csvOf, type DataTable } from "./data-table.jsx";

export type FileKind = "csv" | "svg" | "png";
type FileTheme = Exclude<ThemeName, "forced">;

/** Pixels of a PNG for one of a chart. */
const PNG_SCALE = 2;

/** Offers a view's content as a file: a link to a blob, which browsers and VS Code answer with a save dialog. */
export async function saveFile(
  kind: FileKind,
  name: string,
  chart: Chart | null,
  table: DataTable,
  heading: Heading,
  theme: FileTheme,
): Promise<void> {
  const blob = await fileBlob(kind, chart, table, heading, theme);
  if (blob) saveBlob(blob, `${safeName(name)}.${kind}`);
}

/** Offers bytes as a file. @param name safe letters are kept */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = safeName(name);
  // VS Code saves what a link in the document offers: it listens there, and a click on a link that is nowhere does not come by.
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has the blob once the click was handled; some ask for it a little later.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

async function fileBlob(
  kind: FileKind,
  chart: Chart | null,
  table: DataTable,
  heading: Heading,
  theme: FileTheme,
): Promise<Blob | null> {
  if (kind === "csv") return new Blob([csvOf(table)], { type: "text/csv" });
  if (!chart) return null;
  const whole = withHeading(chart, heading);
  const svg = new Blob([chartFile(whole, theme)], { type: "image/svg+xml" });
  return kind === "svg" ? svg : await pngOf(svg, whole.width, whole.height);
}

async function pngOf(svg: Blob, width: number, height: number): Promise<Blob | null> {
  const url = URL.createObjectURL(svg);
  try {
    const image = new Image(width, height);
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = width * PNG_SCALE;
    canvas.height = height * PNG_SCALE;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Letters, digits, dots and dashes of a title, so that it is a file name anywhere. */
const safeName = (title: string): string =>
  title
    .replace(/[^\p{L}\p{N}.-]+/gu, "-")
    .replace(/^[.-]+|-+$/g, "")
    .slice(0, 80) || "normstream";
