import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeNotebook } from "./notebook-file.js";
import {
  codeCell,
  type NotebookFileOutput,
  normstream,
  outputsOf,
  REPORT_MIME,
  readNotebook,
  saveNotebook,
} from "./stored-report.js";
import { FASHION, useVsCode } from "./vs-code.js";

const code = useVsCode();

const IMAGE = `<img src=x onerror="document.body.dataset.hostile=3">`;
const MARKUP = `</script><script>window.top.hostile = 1</script><img src=x onerror="document.body.dataset.hostile=1"><svg onload="document.body.dataset.hostile=2">`;

/**
 * An HTML output: VS Code runs its script in a trusted workspace. VS Code hides the frame around it; the script digs it up, speaks to
 * the extension as our renderer does, and tries to make it read a file, call what is no call, and answer about another notebook's report.
 */
const SCRIPT = `<p id="hostile">hostile output</p><script>
const answers = (window.hostileAnswers = []);
window.addEventListener("message", ({ data }) => { if (JSON.stringify(data ?? null).includes("normstream")) answers.push(JSON.stringify(data)); });
const frame = document.createElement("iframe");
document.body.append(frame);
const around = Object.getOwnPropertyDescriptor(frame.contentWindow, "parent").get.call(window);
const send = Object.keys(around).map((key) => around[key]).find((value) => typeof value === "function" && String(value).includes("onmessage"));
window.hostileSend = (message) => send("onmessage", { message: {
  __vscode_notebook_message: true, type: "customRendererMessage", rendererId: "normstream-report", message: { normstream: 1, message } } });
</script>`;

const raw = (value: unknown) => ({ type: "RAW", value });
const apply = (id: string, path: readonly string[], ...values: readonly unknown[]) => ({
  id,
  type: "APPLY",
  path,
  argumentList: values.map(raw),
});

test("a hostile notebook runs nothing, and the host reads nothing for it", async () => {
  const secret = join(code.workspace, "secret.txt");
  writeFileSync(secret, "canary-4711");
  normstream("report", FASHION, "-o", join(code.workspace, "hostile.ipynb"), "--quiet");
  const notebook = readNotebook(code.workspace, "hostile.ipynb");
  const stored = outputsOf(notebook)[0]?.data?.[REPORT_MIME] as Record<string, unknown>;
  const output = (data: Record<string, unknown>): NotebookFileOutput => ({ output_type: "display_data", data, metadata: {} });
  const named = (data: unknown) => output({ [REPORT_MIME]: data });
  notebook.cells.splice(
    0,
    notebook.cells.length,
    codeCell("script", "// html", [output({ "text/html": SCRIPT })]),
    codeCell("prose", "// prose", [named(poisoned(stored))]),
    codeCell("broken", "// broken", [
      named({ ...stored, channels: "!!" }),
      named({ ...stored, tensor: { ...(stored.tensor as object), samples: 1e18, channels: 1e18 } }),
      named({ ...stored, schema: MARKUP }),
      named(null),
      named(JSON.parse('{ "__proto__": { "polluted": 1 }, "constructor": { "prototype": { "polluted": 1 } } }')),
    ]),
  );
  saveNotebook(code.workspace, "hostile.ipynb", notebook);
  writeNotebook(code.workspace, "victim.ipynb", [
    'import { createReport, openTensor } from "normstream";\nconst report = await createReport(await openTensor("images.gz"));\nconsole.log("id", report.id);\nreport',
  ]);

  await using workbench = await code.open("victim.ipynb");
  await workbench.kernelChosen();
  await workbench.runCell("createReport");
  await workbench.ended("createReport", "well");
  const id = ((await workbench.outputs.getByText(/^id /).first().textContent()) ?? "").replace(/^id /, "").trim();
  expect(id.length).toBeGreaterThan(8);

  // The other notebook stays open, and its kernel alive.
  await workbench.openFile("hostile.ipynb");
  const hostile = await workbench.frameWith("#hostile");
  await hostile.locator(".normstream").first().locator(".panel.noise .chart svg").waitFor();
  await workbench.picture("hostile");

  const calls = [
    apply("1", ["tiles"], secret, [0], [0]),
    apply("2", ["values"], `file://${secret}`, 0, 0),
    apply("3", ["constructor", "constructor"], "return process.mainModule.require('fs').readFileSync('secret.txt','utf8')", [0]),
    apply("4", ["__proto__", "ask"], secret, [0]),
    { id: "5", type: "GET", path: [] },
    { id: "6", type: "SET", path: ["tiles"], value: raw("x") },
    { id: "7", type: "CONSTRUCT", path: ["constructor"], argumentList: [raw("return 1")] },
    apply("8", ["values"], id, 0, 0),
    apply("9", ["tiles"], id, [0], [0]),
    apply("10", ["histogram"], id, { toString: "x" }),
  ];
  await hostile.locator("#hostile").evaluate((_, messages) => {
    const { hostileSend } = window as unknown as { hostileSend(message: unknown): void };
    for (const message of messages) hostileSend(message);
  }, calls);
  const answers = () =>
    hostile.locator("#hostile").evaluate(() => (window as unknown as { hostileAnswers: string[] }).hostileAnswers);
  // Well-formed calls are refused in words: this kernel has made no report. All else is not answered at all.
  await expect.poll(async () => (await answers()).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(4);
  await workbench.page.waitForTimeout(500);
  const said = await answers();
  expect(said).toHaveLength(4);
  for (const answer of said) expect(answer).toContain("No kernel runs that has the data of this report");
  expect(said.join()).not.toContain("canary");

  const marks = await hostile.locator("body").evaluate((body) => ({
    mark: body.dataset.hostile,
    top: (window.top as unknown as { hostile?: number }).hostile,
    polluted: ({} as { polluted?: number }).polluted,
  }));
  expect(marks).toEqual({ mark: undefined, top: undefined, polluted: undefined });
  expect(await hostile.locator(".normstream script, .normstream img, .normstream [onload], .normstream [onerror]").count()).toBe(
    0,
  );
  expect(await hostile.getByText("This report cannot be shown").count()).toBe(5);
  await workbench.show(hostile.getByText("This report cannot be shown").first());
  await workbench.picture("hostile-broken");
  expect(workbench.errors).toEqual([]);
});

/** A report with markup in the place of all its prose, no longer than a report's texts may be. */
function poisoned(report: Record<string, unknown>): unknown {
  const at = (value: unknown): unknown => {
    if (typeof value === "string") return /\s/.test(value) ? IMAGE + value.slice(IMAGE.length) : value;
    if (Array.isArray(value)) return value.map(at);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, key === "title" ? MARKUP : at(inner)]));
  };
  return at(report);
}
