import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { note } from "./figures.js";
import { writeNotebook } from "./notebook-file.js";
import { cellProcesses } from "./processes.js";
import { outputsOf, REPORT_MIME, readNotebook } from "./stored-report.js";
import { useVsCode } from "./vs-code.js";

const code = useVsCode();

/** What an output may take in the file. */
const OUTPUT_BYTES = 400_000;

test("saved, closed and opened again, an output is the same view, without a kernel", async () => {
  writeNotebook(code.workspace, "kept.ipynb", [
    'import { createPool, createReport$, openTensor } from "normstream";\nawait using pool = createPool({ threads: 2 });\nconst images = await openTensor("images.gz");\ncreateReport$(images, { pool })',
  ]);
  await using workbench = await code.open("kept.ipynb");
  await workbench.kernelChosen();
  await workbench.runCell("openTensor");
  await workbench.ended("openTensor", "well");
  const view = () => workbench.reports.first();
  await view().getByText("Digest").waitFor();
  await view().locator(".panel.run summary").waitFor();
  const shown = () =>
    view().evaluate((root) => ({
      text: root.textContent,
      // Attributes have no order.
      charts: [...root.querySelectorAll(".chart svg")].map((chart) =>
        [chart, ...chart.querySelectorAll("*")]
          .map(({ tagName, attributes }) =>
            [tagName, ...[...attributes].map(({ name, value }) => `${name}=${value}`).sort()].join(" "),
          )
          .join("\n"),
      ),
    }));
  const charts = ({ charts: drawn }: { readonly charts: readonly string[] }): string[] =>
    drawn.map((each) => `${each.slice(0, 60)} ${createHash("sha256").update(each).digest("hex")}`);
  const before = await shown();
  await workbench.picture("kept-before");
  await workbench.save();

  const file = readNotebook(code.workspace, "kept.ipynb");
  const [output] = outputsOf(file);
  expect(Object.keys(output?.data ?? {}).sort()).toEqual([REPORT_MIME, "text/html", "text/plain"]);
  const bytes = Buffer.byteLength(JSON.stringify(output, null, 1));
  note("an output in the file, bytes", bytes);
  expect(bytes).toBeLessThanOrEqual(OUTPUT_BYTES);
  const schema = JSON.parse(
    readFileSync(new URL("../../packages/report/test/static/nbformat/nbformat.v4.5.schema.json", import.meta.url), "utf8"),
  );
  // Ajv knows no draft 4; what the schema uses of it is the same later.
  delete schema.$schema;
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  expect(validate(file), JSON.stringify(validate.errors)).toBe(true);

  await workbench.closeEditor();
  await expect.poll(() => cellProcesses(code.workspace)).toEqual([]);
  await workbench.openFile("kept.ipynb");
  await view().locator(".panel.run summary").waitFor();
  const after = await shown();
  await workbench.picture("kept-after");
  expect(after.charts.length).toBeGreaterThanOrEqual(7);
  expect(after.text).toBe(before.text);
  expect(charts(after)).toEqual(charts(before));
  expect(cellProcesses(code.workspace)).toEqual([]);
  expect(workbench.errors).toEqual([]);
});
