import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cachedInstall } from "../../scripts/cached-install.mjs";
import { normstream, REPORT_MIME } from "./stored-report.js";

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const library = new URL("../../packages/normstream/dist/index.js", import.meta.url).href;
const guide = readFileSync(file("../../docs/guides/notebooks.md"), "utf8");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "normstream-kernels-"));
  // Deno takes packages from node_modules where there is a package.json.
  writeFileSync(join(folder, "package.json"), "{}");
  copyFileSync(file("../../examples/car-prices/cars.npy"), join(folder, "cars.npy"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a cell's kernel showed, in order. */
interface ShownMessage {
  readonly type: string;
  /** Media types. */
  readonly forms: readonly string[];
  /** The report's schema, where one is among them. */
  readonly report: string | null;
  readonly place: string | null;
  readonly text: string | null;
}

/** Debian's Python: another one has its own packages. */
const PYTHON = "/usr/bin/python3";

function runCells(argv: readonly string[], cells: readonly string[]): ShownMessage[] {
  const input = JSON.stringify({ argv, folder, cells });
  const { status, stdout, stderr } = spawnSync(PYTHON, [file("run-cells.py")], { input, encoding: "utf8", timeout: 240_000 });
  if (status !== 0) throw new Error(`the kernel did not run (it takes Debian's python3-jupyter-client): ${stderr.slice(-1500)}`);
  return (JSON.parse(stdout) as ShownMessage[]).filter(({ type }) => !["status", "execute_input"].includes(type));
}

const live = (load: string): string[] => [
  load,
  'const data = await openTensor("cars.npy"); await display(await computeStatistics(data));',
  "await display(createReport$(data));",
];

function expectReports(shown: readonly ShownMessage[]): void {
  const told = shown.filter(({ type }) => type !== "execute_result");
  expect(told.map(({ type, text }) => (type === "stream" || type === "error" ? text : type))).toEqual([
    "display_data",
    "display_data",
    ...told.slice(2).map(() => "update_display_data"),
  ]);
  for (const { report } of told) expect(report).toBe("normstream/report/1");
  const [statistics, first, ...updates] = told;
  expect(updates.length).toBeGreaterThan(0);
  expect(first?.place).not.toBe(statistics?.place);
  expect(updates.every(({ place }) => place === first?.place)).toBe(true);
  // The last has the picture too.
  expect(updates.at(-1)?.forms).toEqual([REPORT_MIME, "text/html", "text/plain"]);
}

test("Deno's Jupyter kernel shows statistics, and a report that fills in", () => {
  const installed = cachedInstall("deno", { "@deno/linux-x64-glibc": "2.9.6" });
  const deno = join(installed, "node_modules/@deno/linux-x64-glibc/deno");
  const load = `import { computeStatistics, createPool, createReport$, display, openTensor } from ${JSON.stringify(library)};`;
  expectReports(runCells([deno, "jupyter", "--kernel", "--conn", "{connection_file}"], live(load)));
  const [refused] = runCells([deno, "jupyter", "--kernel", "--conn", "{connection_file}"], [load, "createPool({ threads: 2 })"]);
  expect(refused?.text).toContain("a pool of 2 threads in Deno");
});

test("tslab shows statistics, and a report that fills in", () => {
  const installed = cachedInstall("tslab", { tslab: "1.0.22" });
  const load = `const { computeStatistics, createReport$, display, openTensor } = await import(${JSON.stringify(fileURLToPath(library))});`;
  const argv = [
    process.execPath,
    join(installed, "node_modules/tslab/bin/tslab"),
    "kernel",
    "--config-path",
    "{connection_file}",
  ];
  // Its own folder is where it looks for types. Those of the library stand beside it, as they do in the package: without them it takes
  // the library's JavaScript for a part of the notebook.
  const types = join(folder, "node_modules/@types");
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  if (!existsSync(types)) symlinkSync(join(installed, "node_modules/@types"), types);
  expectReports(runCells([...argv, "--js"], live(load)));
});

test("a Python notebook shows a report file with the guide's three lines", () => {
  normstream("report", join(folder, "cars.npy"), "-o", join(folder, "fashion.json"), "--quiet");
  const lines = /```python\n([\s\S]+?)```/.exec(guide)?.[1] ?? "";
  expect(lines.trim().split("\n")).toHaveLength(3);
  const shown = runCells([PYTHON, "-m", "ipykernel_launcher", "-f", "{connection_file}"], [lines]);
  expect(shown).toMatchObject([{ type: "display_data", forms: [REPORT_MIME], report: "normstream/report/1" }]);
});

test("nbconvert shows a stored report as a picture and tables", () => {
  normstream("report", join(folder, "cars.npy"), "-o", join(folder, "cars.ipynb"), "--quiet");
  const { status, stderr } = spawnSync(PYTHON, ["-m", "nbconvert", "--to", "html", "cars.ipynb"], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  const html = readFileSync(join(folder, "cars.html"), "utf8");
  expect(html).toMatch(/<img [^>]*src="data:image\/png;base64,[A-Za-z0-9+/]{1000}/);
  expect(html).toContain('<th align="right">mean</th>');
});
