import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { note } from "./figures.js";
import { writeNotebook } from "./notebook-file.js";
import { cellProcesses } from "./processes.js";
import { useVsCode } from "./vs-code.js";

const code = useVsCode();

/** From a click on a cell's run button to its first output on the page, with no process before. */
const COLD_START_MS = 1500;

test("a cold kernel shows its first output in time", async () => {
  writeNotebook(code.workspace, "cold.ipynb", ['console.log(["cold", "start"].join(" "))']);
  await using workbench = await code.open("cold.ipynb");
  await workbench.kernelChosen();
  const output = workbench.outputs.getByText("cold start", { exact: true });
  const times: number[] = [];
  for (let k = 0; k < 4; k++) {
    const run = workbench.cell("cold").locator(".run-button-container .codicon-notebook-execute").first();
    await workbench.cell("cold").locator(".cell-editor-container").first().hover();
    await run.waitFor();
    expect(cellProcesses(code.workspace)).toEqual([]);
    const started = performance.now();
    await run.click();
    await output.waitFor();
    times.push(performance.now() - started);
    await workbench.ended("cold", "well");
    if (k === 0) await workbench.picture("cold-start");
    await workbench.command("Normstream: Restart Kernel");
    await expect.poll(() => cellProcesses(code.workspace)).toEqual([]);
    await workbench.command("Notebook: Clear All Outputs");
    await output.waitFor({ state: "detached" });
  }
  note("cold start to the first output, ms", times.map(Math.round));
  // The first also loads what VS Code shows outputs with. A machine that is busy with other things delays some, not all.
  expect(Math.min(...times)).toBeLessThan(COLD_START_MS);
  await workbench.discard();
  expect(workbench.errors).toEqual([]);
});

test("a process that is killed from outside is told of once, and Restart works", async () => {
  writeNotebook(code.workspace, "killed.ipynb", [
    'console.log("under", "way"); await new Promise(() => {});',
    "let after = 1; after + 41",
    "after + 42",
  ]);
  await using workbench = await code.open("killed.ipynb");
  await workbench.kernelChosen();
  await workbench.runCell("await new Promise");
  await workbench.outputs.getByText("under way").waitFor();
  const [pid] = cellProcesses(code.workspace) as [number];
  process.kill(pid, "SIGKILL");
  await workbench.ended("await new Promise", "badly");
  const message = workbench.outputs.getByText(
    "The cell process ended (killed by SIGKILL). Variables are gone: run the cells again.",
  );
  await message.first().waitFor();
  await workbench.picture("killed");
  expect(await workbench.outputs.locator(".output_container .error, .output .error").count()).toBeLessThanOrEqual(1);
  expect(await workbench.page.locator(".notification-toast").count()).toBe(0);
  expect(cellProcesses(code.workspace)).toEqual([]);

  await workbench.page.getByRole("button", { name: "Restart Kernel" }).first().click();
  await workbench.runCell("let after");
  await workbench.ended("let after", "well");
  await workbench.outputs.getByText("42", { exact: true }).waitFor();
  const [next] = cellProcesses(code.workspace) as [number];
  expect(next).not.toBe(pid);
  // One that dies while nothing runs: the next cell starts another, and says that variables are gone by not knowing them.
  process.kill(next, "SIGKILL");
  await expect.poll(() => cellProcesses(code.workspace)).toEqual([]);
  await workbench.runCell("after + 42");
  await workbench.ended("after + 42", "badly");
  await workbench.outputs.getByText("after is not defined").first().waitFor();
  await workbench.picture("killed-again");
  await workbench.discard();
  expect(workbench.errors).toEqual([]);
});

test("errors have the cell's own lines; completion and hover know live values", async () => {
  writeNotebook(code.workspace, "editing.ipynb", [
    'import { openTensor } from "normstream";\n\nconst clothes = await openTensor("images.gz");',
    'function fail() {\n  throw new RangeError("on purpose");\n}\nfail();',
    "// type: ",
  ]);
  await using workbench = await code.open("editing.ipynb");
  const { page } = workbench;
  await workbench.kernelChosen();
  await workbench.runCell("openTensor");
  await workbench.ended("openTensor", "well");
  await workbench.runCell("on purpose");
  await workbench.ended("on purpose", "badly");
  await workbench.outputs
    .getByText(/Cell 2.*2/)
    .first()
    .waitFor();
  await workbench.edit("// type");
  await page.keyboard.press("Enter");
  await page.keyboard.type("clothes.sh");
  await page.keyboard.press("Control+Space");
  const suggestion = page.locator(".suggest-widget .monaco-list-row", { hasText: "shape" }).first();
  await suggestion.waitFor();
  await workbench.picture("completion");
  await page.keyboard.press("Escape");
  const name = workbench
    .cell("openTensor")
    .locator(".view-line span", { hasText: /^clothes$/ })
    .first();
  await name.hover();
  await page.locator(".monaco-hover", { hasText: "images.gz" }).first().waitFor();
  await workbench.picture("hover");
  await workbench.discard();
  expect(workbench.errors).toEqual([]);
});

/** How often the same cell runs: the bar asks for 100. */
const RUNS = Number(process.env.E2E_RUNS ?? 100);

test(`a cell that runs ${RUNS} times leaves nothing behind`, async () => {
  writeNotebook(code.workspace, "again.ipynb", [
    'import { createPool, createReport$, tensor } from "normstream";\nawait using pool = createPool({ threads: 2 });\nconst small = tensor([64, 3, 8, 8], "float32", { pool });\nsmall.data.forEach((_, i) => { small.data[i] = Math.sin(i * 12.9898) * 3; });',
    "const again = createReport$(small, { pool }); again",
    "import { Session } from 'node:inspector'; const s = new Session(); s.connect(); await new Promise((r) => s.post('HeapProfiler.collectGarbage', r)); s.disconnect(); 'heap ' + process.memoryUsage().heapUsed",
  ]);
  await using workbench = await code.open("again.ipynb");
  await workbench.kernelChosen();
  await workbench.runCell("createPool");
  await workbench.ended("createPool", "well");
  const cell = workbench.cell("const again");
  const count = cell.locator(".execution-count-label");
  let order = 1;
  const focus = async (): Promise<void> => {
    await workbench.reveal("const again");
    await cell.locator(".cell-editor-container .view-lines").first().click();
  };
  const runs = async (times: number): Promise<void> => {
    for (let k = 0; k < times; k++) {
      await workbench.page.keyboard.press("Meta+Enter");
      order++;
      await expect.poll(() => count.first().textContent(), { timeout: 60_000, interval: 20 }).toBe(`[${order}]`);
      await cell.locator(".codicon-notebook-state-success").first().waitFor();
    }
  };
  const state = async () => {
    const [pid] = cellProcesses(code.workspace) as [number];
    await workbench.runCell("process.memoryUsage");
    order++;
    await expect
      .poll(() => workbench.cell("process.memoryUsage").locator(".execution-count-label").first().textContent(), {
        timeout: 60_000,
      })
      .toBe(`[${order}]`);
    await workbench.ended("process.memoryUsage", "well");
    const told = workbench.outputs.getByText(/^'?heap \d+'?$/).first();
    const heap = Number(/heap (\d+)/.exec((await told.textContent()) ?? "")?.[1]);
    const threads = Number(/^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    await focus();
    return { heap, threads, ...(await workbench.frameState()) };
  };
  await focus();
  await runs(10);
  const before = await state();
  const started = performance.now();
  await runs(RUNS - 10);
  note("a run of a cell, ms", (performance.now() - started) / (RUNS - 10));
  const after = await state();
  note(`after 10 and after ${RUNS} runs`, [before, after]);
  expect(await workbench.reports.count()).toBe(1);
  expect(after.threads).toBeLessThanOrEqual(before.threads);
  expect(after.webWorkers).toBe(before.webWorkers);
  expect(after.heap).toBeLessThan(before.heap + 15e6);
  expect(after.nodes).toBeLessThan(before.nodes * 1.25);
  expect(after.frameHeap).toBeLessThan(before.frameHeap * 1.5);
  await workbench.picture("again");
  await workbench.discard();
  expect(workbench.errors).toEqual([]);
});
