import { expect, test } from "vitest";
import { useVsCode } from "./vs-code.js";

const code = useVsCode();

test("the example notebook opens from the palette, runs to its end, and shows its reports", async () => {
  await using workbench = await code.open();
  const { page } = workbench;
  await workbench.command("Normstream: Open the Example Notebook");
  await workbench.kernelChosen();
  await workbench.picture("example-opened");
  await page.getByRole("button", { name: "Run All" }).click();
  await workbench.reports.first().locator(".panel.noise .chart").waitFor();
  await workbench.picture("example-first-report");
  for (const text of ["openTensor", "Fashion-MNIST, 1,000", "computeStatistics", "1,000 exposures", "toTensor"]) {
    await workbench.reveal(text);
    await workbench.ended(text, "well");
    await workbench.picture(`example-${text.replace(/\W+/g, "-")}`);
  }
  expect(await page.locator(".squiggly-error, .squiggly-warning").count()).toBe(0);
  expect(
    await page.locator(".part.statusbar .codicon-error + *, .statusbar-item[id*='problems']").first().textContent(),
  ).toContain("0");
  expect(workbench.errors).toEqual([]);
});
