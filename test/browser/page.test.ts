import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { decodeReport, encodeReport, type Report, reportPage } from "@normstream/report";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.js";
import { wideReport } from "./reports.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const script = readFileSync(join(root, "packages/normstream/dist/report-page.js"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "normstream-page-"));
let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens a file as somebody does who was sent it, and asserts that it asked for nothing and that nothing was refused. */
async function withPage(path: string, act: (page: Page) => Promise<void>): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const troubles: string[] = [];
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  page.on("request", (request) => {
    if (!/^(blob|data):/.test(request.url()) && request.url() !== pathToFileURL(path).href) troubles.push(request.url());
  });
  page.on("dialog", async (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  try {
    await page.goto(pathToFileURL(path).href);
    await page.locator(".panel.noise .chart").waitFor();
    await act(page);
    expect(troubles).toEqual([]);
  } finally {
    await page.close();
  }
}

function written(report: Report, name: string): string {
  const path = join(folder, name);
  writeFileSync(path, reportPage(report, script));
  return path;
}

test("the command writes a page that shows the data, with tiles painted in a worker, and asks for nothing", async () => {
  const path = join(folder, "fashion.html");
  const command = join(root, "packages/normstream/bin/normstream.js");
  const input = join(root, "examples/fashion-mnist/t10k-images-idx3-ubyte.gz");
  const { status, stderr } = spawnSync(process.execPath, [command, "report", input, "-o", path], { encoding: "utf8" });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  await withPage(path, async (page) => {
    expect(await page.locator(".verdict h2").textContent()).toBe("BN for classification at batch size 32.");
    await page.locator('canvas[data-painter="blob worker"]').waitFor();
    const isPainted = await page.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
      const copy = new OffscreenCanvas(canvas.width, canvas.height);
      const context = copy.getContext("2d");
      context?.drawImage(canvas, 0, 0);
      return context?.getImageData(0, 0, copy.width, copy.height).data.some((byte) => byte > 0);
    });
    expect(isPainted).toBe(true);
  });
});

test("the selection stands in the address, so that a link shows what was seen", async () => {
  const path = written(decodeReport(await wideReport(64)), "linked.html");
  await withPage(path, async (page) => {
    await page.getByRole("radio", { name: "Layer norm" }).click();
    expect(new URL(page.url()).hash).toContain("norm=layer");
    await page.reload();
    await page.locator(".panel.noise .chart").waitFor();
    expect(await page.getByRole("radio", { name: "Layer norm" }).getAttribute("aria-checked")).toBe("true");
  });
});

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'\u2028<!--<svg onload=alert(3)>`;

test("script in every string is shown as text", async () => {
  const report = decodeReport(await wideReport(8));
  const poisoned = decodeReport(JSON.parse(JSON.stringify(encodeReport(report)), poison));
  const path = written({ ...poisoned, title: HOSTILE, lineage: { ...poisoned.lineage, input: HOSTILE } }, "hostile.html");
  await withPage(path, async (page) => {
    expect(await page.locator("h1").textContent()).toContain("<img src=x onerror=alert(2)>");
    expect(await page.locator("main").evaluate((main) => main.querySelectorAll("img").length)).toBe(0);
    await page.getByText("How it was computed").click();
    await page.waitForTimeout(200);
  });
});

/** Texts that may not be as long as what is put into them. */
const LIMITS: Readonly<Record<string, number>> = { normstream: 40, node: 40, engine: 40 };

/** Puts script into the texts of a report; what must be one of some words, a number or bytes stays. */
function poison(key: string, value: unknown): unknown {
  const texts = ["title", "headline", "caution", "evidence", "advice", "plain", "alt", "normstream", "node", "engine"];
  return typeof value === "string" && texts.includes(key) ? HOSTILE.slice(0, LIMITS[key] ?? 110) : value;
}

test("without script the verdict and the figures are read as text", async () => {
  const path = written(decodeReport(await wideReport(8)), "still.html");
  const context = await browser.newContext({ javaScriptEnabled: false });
  try {
    const page = await context.newPage();
    await page.goto(pathToFileURL(path).href);
    expect(await page.locator("pre").textContent()).toContain("channel");
  } finally {
    await context.close();
  }
});
