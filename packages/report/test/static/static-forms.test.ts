import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { PNG } from "pngjs";
import { beforeAll, describe, expect, test } from "vitest";
import { buildReport } from "../../src/build/report.js";
import { decodeReport } from "../../src/payload/decode.js";
import { createRasterizer, type Rasterizer } from "../../src/picture/rasterizer.js";
import { REPORT_BYTES, REPORT_MIME, type Report } from "../../src/report.js";
import { bundleOf, type ReportBundle } from "../../src/static/mime-bundle.js";
import { notebookText } from "../../src/static/notebook.js";
import { STATIC_HTML_BYTES } from "../../src/static/static-html.js";
import { filledUp, largestMeasurement } from "../payload/largest.js";
import { rasterizerFiles } from "../picture/rasterizer-files.js";
import { PLANTED } from "../planted.js";
import { type Given, measured } from "../tensors.js";

const utf8 = (text: string) => Buffer.byteLength(text);
const options = { version: "1.0.0", created: new Date("2024-01-01T00:00:00Z") };

/** What an output takes in an .ipynb, which prints JSON with a space a level. */
const OUTPUT_BYTES = 400_000;
const HOSTILE = `</td></table><script>alert(1)</script><img src=x onerror="alert(2)">'"&\u2028`;

let rasterize: Rasterizer;
beforeAll(async () => {
  rasterize = await createRasterizer(rasterizerFiles);
}, 120_000);

async function reportOf(given: Given, more: object = {}): Promise<Report> {
  await using data = await measured(given);
  return await buildReport(data, { ...options, ...more });
}

/** The elements of HTML, with their attributes' names. */
function elementsOf(html: string): Set<string> {
  const found = new Set<string>();
  for (const [, tag, attributes] of html.matchAll(/<([a-z]+)((?:\s+[a-z]+="[^"<>]*")*)>/g)) {
    found.add(tag as string);
    for (const [, name] of (attributes as string).matchAll(/\s([a-z]+)="[^"]*"/g)) found.add(`${tag} ${name}`);
  }
  return found;
}

const ALLOWED = ["img", "img src", "img width", "img alt", "ul", "li", "table", "tr", "th", "th align", "td", "td align", "p"];

function pictureOf(html: string): PNG | null {
  const address = /<img src="data:image\/png;base64,([^"]+)"/.exec(html)?.[1];
  return address ? PNG.sync.read(Buffer.from(address, "base64")) : null;
}

describe.each([
  ["images", PLANTED.styles()],
  ["a table", PLANTED.table()],
  ["one sample", PLANTED.one()],
  ["NaN", PLANTED.notFinite()],
  ["constant channels", PLANTED.constants()],
])("the static forms of %s", (_, given) => {
  let bundle: ReportBundle;
  let report: Report;
  beforeAll(async () => {
    report = await reportOf(given, { title: HOSTILE });
    bundle = bundleOf(report, rasterize);
  }, 120_000);

  test("keep to their sizes", () => {
    expect(utf8(bundle["text/html"])).toBeLessThanOrEqual(STATIC_HTML_BYTES);
    expect(utf8(bundle["text/plain"])).toBeLessThanOrEqual(4096);
    expect(utf8(JSON.stringify(bundle[REPORT_MIME]))).toBeLessThanOrEqual(REPORT_BYTES);
  });

  test("are a picture, a list and plain tables, and no more", () => {
    const html = bundle["text/html"];
    expect([...elementsOf(html)].filter((name) => !ALLOWED.includes(name))).toEqual([]);
    expect(html).not.toMatch(/<(script|style|svg|iframe)|on[a-z]+=["']|javascript:/i);
    const picture = pictureOf(html);
    expect(picture?.width).toBeGreaterThanOrEqual(1000);
    expect(html).toMatch(/ alt="[^"]{20,}/);
    if (report.verdict) expect(html).toContain(report.verdict.headline);
  });

  test("hold the report whole", () => {
    expect(decodeReport(bundle[REPORT_MIME]).id).toBe(report.id);
  });
});

describe("the largest report", () => {
  let largest: Report;
  let bundle: ReportBundle;
  beforeAll(async () => {
    largest = filledUp(await buildReport(largestMeasurement(), options));
    bundle = bundleOf(largest, rasterize);
  }, 240_000);

  test("has static forms within their sizes, with a picture", () => {
    expect(utf8(JSON.stringify(bundle[REPORT_MIME]))).toBeLessThanOrEqual(REPORT_BYTES);
    expect(utf8(bundle["text/html"])).toBeLessThanOrEqual(STATIC_HTML_BYTES);
    expect(utf8(bundle["text/plain"])).toBeLessThanOrEqual(4096);
    expect(pictureOf(bundle["text/html"])).not.toBeNull();
  });

  test("takes at most 400 kB as an output on disk", () => {
    const { cells } = JSON.parse(notebookText(largest, bundle));
    // As it stands in the file: four levels in.
    const printed = JSON.stringify(cells[1].outputs, null, 1).replaceAll("\n", `\n${" ".repeat(4)}`);
    expect(utf8(printed)).toBeLessThanOrEqual(OUTPUT_BYTES);
    expect(utf8(printed)).toBeGreaterThan(300_000);
  });
});

describe("a notebook", () => {
  const schema = JSON.parse(readFileSync(fileURLToPath(new URL("nbformat/nbformat.v4.5.schema.json", import.meta.url)), "utf8"));
  delete schema.$schema;
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  const parsed = async (given: Given, more: object = {}) => {
    const report = await reportOf(given, more);
    const text = notebookText(report, bundleOf(report, rasterize));
    return { report, text, notebook: JSON.parse(text) };
  };

  test("is valid by nbformat's own schema, which refuses what is not", async () => {
    const { notebook } = await parsed(PLANTED.styles(), { title: HOSTILE });
    expect(validate(notebook), JSON.stringify(validate.errors)).toBe(true);
    expect({ format: notebook.nbformat, minor: notebook.nbformat_minor }).toEqual({ format: 4, minor: 5 });
    expect(validate({ ...notebook, cells: [{ ...notebook.cells[1], id: "not an id" }] })).toBe(false);
    expect(validate({ ...notebook, cells: [{ ...notebook.cells[1], outputs: [{ output_type: "unknown" }] }] })).toBe(false);
  });

  test("holds the report in each of its forms", async () => {
    const { report, notebook } = await parsed(PLANTED.styles());
    const { data } = notebook.cells[1].outputs[0];
    expect(Object.keys(data)).toEqual([REPORT_MIME, "text/html", "text/plain"]);
    expect(decodeReport(data[REPORT_MIME]).id).toBe(report.id);
    expect(data["text/html"].join("")).toContain("<img src=");
    expect(data["text/plain"].join("")).toBe(report.text.plain);
  });

  test("is written as Jupyter writes it: keys in order, a space a level, lines with their ends", async () => {
    const { text, notebook } = await parsed(PLANTED.table());
    const ordered = (value: unknown): boolean =>
      Array.isArray(value)
        ? value.every(ordered)
        : typeof value !== "object" || value === null
          ? true
          : Object.keys(value).every((key, i, keys) => i === 0 || (keys[i - 1] as string) < key) &&
            Object.values(value).every(ordered);
    expect(ordered(notebook)).toBe(true);
    expect(text).toBe(`${JSON.stringify(notebook, null, 1)}\n`);
    const lines: string[] = notebook.cells[1].outputs[0].data["text/plain"];
    expect(lines.slice(0, -1).every((line) => line.endsWith("\n"))).toBe(true);
  });

  test("names the program that makes it, with what it was made with", async () => {
    const { notebook } = await parsed(PLANTED.styles(), { use: "detection", batchSize: 4, momentum: null, title: "mine" });
    expect(notebook.cells[1].source.join("")).toBe(
      [
        'import { createReport, openTensor } from "normstream";',
        "",
        'const data = await openTensor("tensor", { layout: "NCHW" });',
        'await createReport(data, { title: "mine", use: "detection", batchSize: 4, momentum: null })',
      ].join("\n"),
    );
  });

  test("takes a hostile title and file name as texts", async () => {
    const report = await reportOf(PLANTED.styles(), { title: HOSTILE });
    const poisoned = { ...report, lineage: { ...report.lineage, input: `a"); process.exit(1); ("\n${HOSTILE}` } };
    const notebook = JSON.parse(notebookText(poisoned, bundleOf(poisoned, rasterize)));
    const [title, code] = notebook.cells.map((cell: { source: string[] }) => cell.source.join(""));
    expect(title).not.toContain("<script>");
    expect(title.split("\n")[0]).toContain("\\<script\\>");
    expect(code).toContain(JSON.stringify(poisoned.lineage.input).replaceAll("\u2028", "\\u2028"));
    expect(code.split("\n")).toHaveLength(4);
  });
});
