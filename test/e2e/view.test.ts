import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { writeNotebook } from "./notebook-file.js";
import { cellProcesses } from "./processes.js";
import { codeCell, normstream, readNotebook, saveNotebook } from "./stored-report.js";
import { FASHION, useVsCode } from "./vs-code.js";

const code = useVsCode();

/** A report as the CLI writes it, between two cells. */
beforeAll(() => {
  normstream("report", FASHION, "-o", join(code.workspace, "stored.ipynb"), "--quiet");
  const notebook = readNotebook(code.workspace, "stored.ipynb");
  notebook.cells.splice(1, 0, codeCell("above", "// a cell above"));
  notebook.cells.push(codeCell("below", "// a cell below"));
  saveNotebook(code.workspace, "stored.ipynb", notebook);
});

test("the view follows the theme, and nothing is drawn anew for it", async () => {
  await using workbench = await code.open("stored.ipynb");
  const view = workbench.reports.first();
  await view.locator(".panel.noise .chart svg").waitFor();
  await view.evaluate((root) => root.setAttribute("data-marked", ""));
  const colors: string[] = [];
  const themes = [
    ["Light Modern", "light"],
    ["Dark Modern", "dark"],
    ["Dark High Contrast", "contrast"],
    ["Light High Contrast", "contrast-light"],
  ] as const;
  for (const [name, theme] of themes) {
    await workbench.chooseTheme(name);
    await workbench.outputs.locator(`.normstream[data-theme="${theme}"][data-marked]`).first().waitFor();
    colors.push(
      await view
        .locator(".panel.noise svg .bn")
        .first()
        .evaluate((mark) => `${getComputedStyle(mark).color} ${getComputedStyle(mark).stroke}`),
    );
    await workbench.show(view.locator(".toolbar"));
    await workbench.picture(`theme-${theme}`);
  }
  expect(new Set(colors).size).toBe(themes.length);
  await workbench.chooseTheme("Light Modern");
  await workbench.outputs.locator('.normstream[data-theme="light"][data-marked]').first().waitFor();
  expect(workbench.errors).toEqual([]);
});

/** Those that VS Code binds to something in a notebook, and letters, which its keymaps use. */
const KEYS = ["Delete", "Backspace", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown"];
const LETTERS = ["a", "b", "c", "d", "d", "j", "k", "l", "m", "o", "v", "x", "y", "z"];

test("no key on any control of the output reaches the cells, and Tab leaves the output", async () => {
  await using workbench = await code.open("stored.ipynb");
  const view = workbench.reports.first();
  await view.locator(".panel.noise .chart svg").waitFor();
  await view.locator("h1").click();
  const cells = (): string[] => readNotebook(code.workspace, "stored.ipynb").cells.map(({ source }) => String(source));
  const before = cells();
  const hasFocus = () => view.evaluate((root) => (root.getRootNode() as ShadowRoot).activeElement !== null);
  const controls = await view.locator("button:visible, select:visible, input:visible, .chart:visible, summary:visible").all();
  expect(controls.length).toBeGreaterThan(20);
  for (const control of controls) {
    await control.focus();
    const name = await control.evaluate(
      (element) => element.getAttribute("aria-label") ?? element.textContent ?? element.className,
    );
    for (const key of KEYS) await workbench.page.keyboard.press(key);
    expect(await hasFocus(), `a key on "${name}" leaves the output`).toBe(true);
    const isField = await control.evaluate((element) => element.matches("input, select"));
    if (!isField) for (const letter of LETTERS) await workbench.page.keyboard.press(letter);
    // VS Code leaves an output by it, for the cell that it belongs to.
    await workbench.page.keyboard.press("Escape");
    expect(await workbench.isDirty(), `a key on "${name}" changed the notebook`).toBe(false);
  }
  await workbench.picture("keys");

  await controls[0]?.focus();
  let stops = 0;
  while ((await hasFocus()) && stops < 80) {
    await workbench.page.keyboard.press("Tab");
    stops++;
  }
  expect(stops).toBeGreaterThan(5);
  expect(stops).toBeLessThan(80);
  expect(await workbench.isDirty()).toBe(false);
  // Had a cell gone and come back, saving would show it.
  await workbench.save();
  expect(cells()).toEqual(before);
  expect(workbench.errors).toEqual([]);
});

test("the view asks its kernel for what the report leaves out, and says so when there is none", async () => {
  writeNotebook(code.workspace, "asking.ipynb", [
    'import { createReport, openTensor } from "normstream";\nconst images = await openTensor("images.gz");\nawait createReport(images)',
    'import { tensor } from "normstream";\nconst wide = tensor([16, 130, 4, 4], "float32", { data: Array.from({ length: 16 * 130 * 16 }, (_, i) => Math.sin(i * 12.9898) * (1 + (i % 7))) });\nawait createReport(wide, { title: "wide" })',
  ]);
  await using workbench = await code.open("asking.ipynb");
  await workbench.kernelChosen();
  await workbench.runCell("openTensor");
  await workbench.ended("openTensor", "well");
  const view = workbench.reports.first();
  const maps = view.locator(".panel.maps");
  await maps.locator("svg").waitFor();

  // Sample 7654 is none of those whose planes the report holds.
  const sample = maps.getByRole("spinbutton", { name: "Sample" });
  await sample.fill("7654");
  await sample.press("Enter");
  await maps.locator('[data-instance="7654"]').first().waitFor();
  await workbench.show(maps);
  await workbench.picture("asking-tile");

  const save = maps.getByRole("button", { name: "Save its values" });
  await workbench.show(save);
  await save.click();
  // VS Code asks where to, and offers the workspace.
  await workbench.page.locator(".quick-input-widget").getByRole("button", { name: "OK" }).waitFor();
  await workbench.picture("asking-save");
  await workbench.page.keyboard.press("Enter");
  const saved = () => readdirSync(code.workspace).find((name) => name.endsWith(".csv"));
  await expect.poll(saved).toBeDefined();
  const text = readFileSync(join(code.workspace, saved() ?? ""), "utf8");
  const rows = text
    .trim()
    .split("\r\n")
    .map((row) => row.split(",").map(Number));
  expect(rows.flat()).toEqual([...plane(7654)]);
  // VS Code shows what it saved.
  await workbench.page.locator(".tab.active", { hasText: ".csv" }).waitFor();
  await workbench.picture("asking-saved");
  await workbench.openFile("asking.ipynb");

  await workbench.runCell("wide");
  await workbench.ended("wide", "well");
  const wide = workbench.reports.nth(1);
  const channel = wide.getByRole("spinbutton", { name: "Channel" });
  await channel.fill("127");
  await channel.press("Enter");
  const histogram = wide.locator(".panel.histograms");
  await expect.poll(() => histogram.locator(".chart").getAttribute("aria-label"), { timeout: 20_000 }).toContain("127");
  await workbench.show(histogram);
  await workbench.picture("asking-histogram");

  for (const pid of cellProcesses(code.workspace)) process.kill(pid, "SIGKILL");
  await expect.poll(() => cellProcesses(code.workspace)).toEqual([]);
  await sample.fill("4321");
  await sample.press("Enter");
  await maps.getByText("No kernel runs that has the data of this report").waitFor();
  await workbench.show(maps);
  await workbench.picture("asking-nobody");
  await workbench.discard();
  expect(workbench.errors).toEqual([]);
});

/** The values of one image of the workspace's file. */
function plane(index: number): Uint8Array {
  const bytes = gunzipSync(readFileSync(FASHION));
  return bytes.subarray(16 + index * 784, 16 + (index + 1) * 784);
}
