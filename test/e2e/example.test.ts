import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { decodeReport, reportPage } from "@normstream/report";
import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { outputsOf, REPORT_MIME, readNotebook } from "./stored-report.js";
import { useVsCode } from "./vs-code.js";

const code = useVsCode();
const CELLS = ["openTensor", "Fashion-MNIST, 1,000", "computeStatistics", "1,000 exposures", "toTensor"];

test("the example notebook runs to its end, and its report is the view of the HTML page", async () => {
  await using workbench = await code.open();
  const { page } = workbench;
  await workbench.command("Normstream: Open the Example Notebook");
  await workbench.kernelChosen();
  await workbench.picture("example-opened");
  await page.getByRole("button", { name: "Run All" }).click();
  await workbench.reports.first().locator(".panel.noise .chart").waitFor();
  await workbench.picture("example-first-report");
  for (const text of CELLS) {
    await workbench.reveal(text);
    await workbench.ended(text, "well");
    await workbench.picture(`example-${text.replace(/\W+/g, "-")}`);
  }
  expect(await page.locator(".squiggly-error, .squiggly-warning").count()).toBe(0);
  expect(await page.locator(".part.statusbar [id='status.problems']").first().textContent()).toMatch(/0\D*0/);

  await workbench.save();
  const storage = join(dirname(code.workspace), "user-data/User/globalStorage/normstream.normstream-vscode/examples");
  const stored = outputsOf(readNotebook(storage, "bn-or-in.ipynb")).flatMap(({ data }) => data?.[REPORT_MIME] ?? []);
  expect(stored).toHaveLength(2);
  const script = new URL("../../packages/normstream/dist/report-page.js", import.meta.url);
  const file = join(dirname(code.workspace), "page.html");
  writeFileSync(file, reportPage(decodeReport(stored[0]), readFileSync(script, "utf8")));
  await workbench.reveal("Fashion-MNIST, 1,000");
  const inNotebook = await partsOf(workbench.reports.first());
  const other = await page.context().newPage();
  await other.goto(pathToFileURL(file).href);
  const width = await workbench.reports.first().evaluate((root) => Math.round(root.getBoundingClientRect().width));
  await other.setViewportSize({ width, height: 1000 });
  const onPage = other.locator(".normstream");
  await onPage.locator(".panel.noise .chart svg").waitFor();
  await other.screenshot({ path: join(dirname(code.workspace), "page.png") });
  expect(inNotebook.charts.length).toBeGreaterThanOrEqual(7);
  await expect.poll(() => partsOf(onPage), { timeout: 20_000 }).toEqual(inNotebook);
  await other.close();
  expect(workbench.errors).toEqual([]);
});

/** What a view says and draws; beside it a live notebook alone can be asked for more. */
const partsOf = (view: Locator) =>
  view.evaluate((root) => ({
    facts: root.querySelector(".facts")?.textContent,
    verdict: root.querySelector(".verdict")?.textContent,
    panels: [...root.querySelectorAll(".panel")].map((panel) => panel.className),
    charts: [...root.querySelectorAll(".panel .chart svg")].map((chart) => chart.textContent),
  }));
