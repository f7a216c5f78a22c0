import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeNotebook } from "./notebook-file.js";
import { startVsCode, type VsCodeServer } from "./vscode-server.js";
import { launchBrowser, Workbench } from "./workbench.js";

const FASHION = fileURLToPath(new URL("../../examples/fashion-mnist/t10k-images-idx3-ubyte.gz", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "normstream-e2e-"));
const workspace = join(folder, "workspace");
let server: VsCodeServer;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(workspace);
  copyFileSync(FASHION, join(workspace, "images.gz"));
  server = await startVsCode({ folder });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

test("a cell runs, and its report is shown", async () => {
  const file = writeNotebook(workspace, "first.ipynb", [
    'import { createReport, openTensor } from "normstream";\nconst images = await openTensor("images.gz");\nawait createReport(images)',
  ]);
  await using workbench = await Workbench.open(browser, server, workspace, file);
  const started = performance.now();
  await workbench.kernelChosen();
  await workbench.runCell("createReport");
  const clicked = performance.now();
  try {
  await workbench.report.locator(".panel.noise .chart").waitFor({ timeout: 60_000 });
  } finally {
  await workbench.picture("first"); }
  console.log("first output after", performance.now() - clicked, "since open", performance.now() - started);
  expect(await workbench.report.locator(".verdict h2").textContent()).toBe("BN for classification at batch size 32.");
  await workbench.page.waitForTimeout(1500);
  await workbench.picture("first");
  console.log(workbench.errors);
});
