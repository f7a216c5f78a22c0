import { copyFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { cellProcesses } from "./processes.js";
import { useVsCode } from "./vs-code.js";

const code = useVsCode();
const CARS = fileURLToPath(new URL("../../examples/car-prices/cars.npy", import.meta.url));

test("the explorer's menu opens a file's statistics; a notification tells the progress and stops it", async () => {
  copyFileSync(CARS, join(code.workspace, "cars.npy"));
  const header = `${"{'descr': '<f4', 'fortran_order': False, 'shape': (64000, 1, 500, 500), }".padEnd(117)}\n`;
  const start = Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(header.length, 0)}${header}`, "latin1");
  writeFileSync(join(code.workspace, "big.npy"), start);
  truncateSync(join(code.workspace, "big.npy"), start.length + 64_000 * 250_000 * 4);

  await using workbench = await code.open();
  const { page } = workbench;
  const openStatistics = async (file: string): Promise<void> => {
    const entry = page.locator(".monaco-menu .action-item", { hasText: "Open statistics of this file" });
    // What extensions add comes a little after the window.
    for (let k = 0; k < 20 && !(await entry.isVisible()); k++) {
      await page.keyboard.press("Escape");
      await page.locator(".explorer-folders-view .monaco-list-row", { hasText: file }).click({ button: "right" });
      await entry.waitFor({ timeout: 2000 }).catch(() => {});
    }
    await workbench.picture(`menu-${file}`);
    await entry.click();
  };
  await openStatistics("cars.npy");
  await workbench.reports.first().locator(".panel.channels .chart svg").first().waitFor();
  await expect.poll(() => page.locator(".notification-toast", { hasText: "cars.npy" }).count()).toBe(0);
  await workbench.ended("cars.npy", "well");
  await workbench.picture("file-cars");
  await workbench.discard();

  await openStatistics("big.npy");
  const toast = page.locator(".notification-toast", { hasText: "Statistics of big.npy" });
  await toast.getByText(/\d %/).waitFor();
  await workbench.reports.first().getByText("estimate").first().waitFor();
  await workbench.picture("file-progress");
  await toast.getByRole("button", { name: "Cancel" }).click();
  await toast.waitFor({ state: "detached" });
  await workbench.ended("big.npy", "badly");
  await workbench.discard();
  await expect.poll(() => cellProcesses(code.workspace)).toEqual([]);

  // What no data file is has no such entry.
  writeFileSync(join(code.workspace, "words.txt"), "words");
  await page.locator(".explorer-folders-view .monaco-list-row", { hasText: "words.txt" }).click({ button: "right" });
  await page.locator(".monaco-menu .action-item", { hasText: "Copy Path" }).first().waitFor();
  expect(await page.locator(".monaco-menu .action-item", { hasText: "Open statistics" }).count()).toBe(0);
  await page.keyboard.press("Escape");
  expect(workbench.errors).toEqual([]);
});

test("the walkthrough shows its steps and their pictures, and opens the example", async () => {
  await using workbench = await code.open();
  const { page } = workbench;
  await workbench.command("Welcome: Open Walkthrough...");
  await workbench.pick("See what normalization does to your data");
  const steps = page.locator(".getting-started-step");
  await expect.poll(() => steps.count()).toBe(3);
  for (const [index, name] of ["example", "run"].entries()) {
    await steps.nth(index).click();
    const picture = page.locator(`img[srcset*="walkthrough-${name}"]`).first();
    await picture.waitFor();
    await expect.poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(400);
    await workbench.picture(`walkthrough-${name}`);
  }
  await steps.nth(2).click();
  await expect.poll(() => page.frames().length).toBeGreaterThan(1);
  await workbench.picture("walkthrough-file");
  await steps.first().click();
  await page.getByRole("button", { name: "Open the example", exact: true }).click();
  await workbench.kernelChosen();
  await page.locator(".tab.active", { hasText: "bn-or-in.ipynb" }).waitFor();
  expect(workbench.errors).toEqual([]);
});
