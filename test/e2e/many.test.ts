import { join } from "node:path";
import { expect, test } from "vitest";
import { note } from "./figures.js";
import { codeCell, normstream, outputsOf, readNotebook, saveNotebook } from "./stored-report.js";
import { FASHION, useVsCode } from "./vs-code.js";

// Of a notebook of 10 MB or more VS Code asks first whether to show it.
const code = useVsCode({ settings: { "workbench.editorLargeFileConfirmation": 1000 } });
/** The bar asks for 200. */
const OUTPUTS = Number(process.env.E2E_OUTPUTS ?? 200);

test(`${OUTPUTS} reports in a notebook leave nothing behind when they go`, async () => {
  normstream("report", FASHION, "-o", join(code.workspace, "one.ipynb"), "--quiet");
  const one = readNotebook(code.workspace, "one.ipynb");
  const [output] = outputsOf(one);
  if (!output) throw new Error("the notebook holds no output");
  const few = { ...one, cells: [codeCell("few", "// few", [output])] };
  const cells = Array.from({ length: OUTPUTS }, (_, i) => codeCell(`many-${i}`, `// report ${i}.`, [output]));
  saveNotebook(code.workspace, "few.ipynb", few);
  saveNotebook(code.workspace, "many.ipynb", { ...one, cells });

  await using workbench = await code.open("few.ipynb");
  await workbench.reports.first().locator(".panel.noise .chart svg").waitFor();
  await workbench.command("Notebook: Clear All Outputs");
  await expect.poll(() => workbench.reports.count()).toBe(0);
  const before = await workbench.frameState();
  await workbench.discard();

  await workbench.openFile("many.ipynb");
  await workbench.reports.first().locator(".panel.noise .chart svg").waitFor({ timeout: 240_000 });
  await workbench.watchReports();
  // From cell to cell, as with the arrow key: VS Code draws an output when its cell comes into view, and keeps it.
  await workbench.edit("// report 0.");
  await workbench.page.keyboard.press("Escape");
  for (let drawn = 1; drawn < OUTPUTS; drawn++) {
    await workbench.page.keyboard.press("ArrowDown");
    if (drawn % 5 === 0) await expect.poll(() => workbench.reports.count()).toBeGreaterThan(drawn - 5);
  }
  await expect.poll(() => workbench.reports.count(), { timeout: 120_000 }).toBe(OUTPUTS);
  const seen = await workbench.reportsSeen();
  await workbench.picture("many");
  const full = await workbench.frameState();
  await workbench.command("Notebook: Clear All Outputs");
  await expect.poll(() => workbench.reports.count()).toBe(0);
  const after = await workbench.frameState();
  note(`${OUTPUTS} outputs: before, full, after`, [before, full, after, seen]);
  await workbench.picture("many-cleared");
  expect(await workbench.reportsSeen()).toMatchObject({ alive: 0 });
  expect(after.webWorkers).toBeLessThanOrEqual(before.webWorkers);
  expect(after.nodes).toBeLessThan(before.nodes + full.nodes * 0.1);
  await workbench.discard();
  expect(workbench.errors).toEqual([]);
});
