import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { PNG } from "pngjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "./chromium.js";
import { fashionReport, wideReport } from "./reports.js";
import { withView } from "./view-page.js";

let browser: Browser;
let fashion: string;
beforeAll(async () => {
  browser = await launchChromium();
  fashion = await fashionReport();
}, 120_000);
afterAll(async () => await browser?.close());

async function saved(page: Page, name: string): Promise<{ readonly name: string; readonly bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name, exact: true }).click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

const VIEWS = [
  "Which values share a mean",
  "Channels",
  "Values",
  "Planes, before and after",
  "Noise of a batch",
  "Training against inference",
  "Instances",
  "The mean as samples were read",
  "Shards",
];

test.each(VIEWS)("%s: a table, and CSV, SVG and PNG that hold what the picture shows", async (title) => {
  await withView(browser, fashion, {}, async (page) => {
    await page.getByText("How it was computed").click();
    await page.locator(".panel.timeline .chart").waitFor();
    const csv = await saved(page, `Save ${title} as CSV`);
    expect(csv.name).toMatch(/^Fashion-MNIST.*\.csv$/);
    const lines = csv.bytes.toString().trimEnd().split("\r\n");
    expect(lines.length).toBeGreaterThan(1);
    expect(new Set(lines.map((line) => line.split(",").length)).size).toBeLessThanOrEqual(2);
    const svg = await saved(page, `Save ${title} as SVG`);
    expect(svg.bytes.toString()).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg.bytes.toString()).toContain(`>${title}<`);
    const parses = await page.evaluate((text) => {
      const document = new DOMParser().parseFromString(text, "image/svg+xml");
      return document.querySelector("parsererror") === null && document.querySelector("script, foreignObject") === null;
    }, svg.bytes.toString());
    expect(parses).toBe(true);
    const { width, height, data } = PNG.sync.read((await saved(page, `Save ${title} as PNG`)).bytes);
    expect(width).toBeGreaterThan(600);
    expect(height).toBeGreaterThan(300);
    const colors = new Set<number>();
    for (let i = 0; i < data.length; i += 4) colors.add(data.readUInt32BE(i));
    expect(colors.size).toBeGreaterThan(20);
    await page.getByRole("button", { name: `${title} as a table` }).click();
    const table = page.getByRole("region", { name: `${title}, as a table` });
    expect(await table.locator("tbody tr").count()).toBeGreaterThan(0);
  });
});

test("planes are saved with their pixels", async () => {
  await withView(browser, fashion, {}, async (page) => {
    const svg = (await saved(page, "Save Planes, before and after as SVG")).bytes.toString();
    // Nine instances as they came, after batch norm and after instance norm.
    expect(svg.match(/<image [^>]*href="data:image\/png;base64,/g)).toHaveLength(27);
    const { data } = PNG.sync.read((await saved(page, "Save Planes, before and after as PNG")).bytes);
    const colors = new Set<number>();
    for (let i = 0; i < data.length; i += 4) colors.add(data.readUInt32BE(i));
    expect(colors.size).toBeGreaterThan(256);
  });
});

describe("the verdict", () => {
  test("has its figures as a table and as CSV", async () => {
    await withView(browser, fashion, {}, async (page) => {
      const csv = (await saved(page, "Save The verdict as CSV")).bytes.toString();
      expect(csv).toMatch(/^figure,value\r\nnorms,BN\r\ncertainty,sure\r\n/);
      expect(csv).toMatch(/"J, σ",0\.07287/);
      expect(csv).toContain('"Before the first output, IN, bytes",784');
      await page.getByRole("button", { name: "The verdict as a table" }).click();
      expect(await page.getByRole("region", { name: "The verdict, as a table" }).textContent()).toContain("certainty");
    });
  });
});

test("tables say what is only in the CSV, and numbers are the data's", async () => {
  await withView(browser, await wideReport(500), {}, async (page) => {
    await page.getByRole("button", { name: "Channels as a table" }).click();
    const table = page.getByRole("region", { name: "Channels, as a table" });
    expect(await table.textContent()).toContain("300 more rows are in the CSV.");
    const csv = (await saved(page, "Save Channels as CSV")).bytes.toString();
    expect(csv.trimEnd().split("\r\n")).toHaveLength(501);
  });
  await withView(browser, fashion, {}, async (page) => {
    await page.getByRole("button", { name: "Channels as a table" }).click();
    expect(await page.getByRole("region", { name: "Channels, as a table" }).textContent()).toContain("73.1466");
  });
});
