import { join } from "node:path";
import { expect, test } from "vitest";
import { note } from "./figures.js";
import { codeCell, normstream, outputsOf, readNotebook, saveNotebook } from "./stored-report.js";
import { FASHION, useVsCode } from "./vs-code.js";

const code = useVsCode();
const OUTPUTS = 200;

test("200 reports in a notebook leave nothing behind when they go", async () => {
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
  await workbench.reports.first().locator(".panel.noise .chart svg").waitFor();
  await workbench.watchReports();
  const last = workbench.cell(`// report ${OUTPUTS - 1}.`);
  for (let i = 0; i < 1000 && (await last.count()) === 0; i++) {
    await workbench.page.mouse.wheel(0, 2000);
    await workbench.page.waitForTimeout(30);
  }
  await workbench.reveal(`// report ${OUTPUTS - 1}.`);
  await expect.poll(() => workbench.reports.count(), { timeout: 60_000 }).toBeGreaterThan(0);
  const seen = await workbench.reportsSeen();
  await workbench.picture("many");
  const full = await workbench.frameState();
  await workbench.command("Notebook: Clear All Outputs");
  await expect.poll(() => workbench.reports.count()).toBe(0);
  const after = await workbench.frameState();
  note("200 outputs: before, full, after", [before, full, after, seen]);
  await workbench.picture("many-cleared");
  expect(await workbench.reportsSeen()).toMatchObject({ alive: 0 });
  expect(after.webWorkers).toBeLessThanOrEqual(before.webWorkers);
  expect(after.nodes).toBeLessThan(before.nodes + full.nodes * 0.1);
  await workbench.discard();
  expect(workbench.errors).toEqual([]);
});
