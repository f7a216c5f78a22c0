import { join } from "node:path";
import { expect, test } from "vitest";
import { cellProcesses } from "./processes.js";
import { codeCell, normstream, readNotebook, saveNotebook } from "./stored-report.js";
import { FASHION, useVsCode } from "./vs-code.js";

const code = useVsCode({ workspaceTrust: true });

test("a restricted workspace shows stored reports, runs nothing and says why; trusted, it runs", async () => {
  normstream("report", FASHION, "-o", join(code.workspace, "stored.ipynb"), "--quiet");
  const notebook = readNotebook(code.workspace, "stored.ipynb");
  notebook.cells.unshift(codeCell("run", "6 * 7"));
  saveNotebook(code.workspace, "stored.ipynb", notebook);
  await using workbench = await code.open("stored.ipynb");
  const { page } = workbench;
  await workbench.reports.first().locator(".panel.noise .chart svg").waitFor();
  const item = page.locator(".part.statusbar .statusbar-item", { hasText: "Normstream is off" });
  await item.waitFor();
  await workbench.picture("restricted");

  await workbench.command("Normstream: Open statistics of this file");
  await page.locator(".notification-toast", { hasText: "This workspace is restricted" }).waitFor();
  await workbench.picture("restricted-file");
  await workbench.runCell("6 * 7");
  await workbench.page.waitForTimeout(1500);
  await workbench.picture("restricted-run");
  expect(cellProcesses(code.workspace)).toEqual([]);
  expect(await workbench.outputs.getByText("42", { exact: true }).count()).toBe(0);
  await page.keyboard.press("Escape");

  await item.click();
  await page.getByRole("button", { name: "Trust", exact: true }).first().click();
  await item.waitFor({ state: "detached" });
  await workbench.openFile("stored.ipynb");
  await workbench.kernelChosen();
  await workbench.runCell("6 * 7");
  await workbench.ended("6 * 7", "well");
  await workbench.outputs.getByText("42", { exact: true }).waitFor();
  await workbench.picture("restricted-trusted");
  expect(workbench.errors).toEqual([]);
});
