import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openSession } from "./kernel-session.js";

const folder = fileURLToPath(new URL("../dist/notebooks/", import.meta.url));
const MIME = "application/vnd.normstream.report.v1+json";

interface Cell {
  readonly cell_type: string;
  readonly id: string;
  readonly source: readonly string[];
}

test("every cell of the example notebook ends well, and shows what its text says", async () => {
  const { cells } = JSON.parse(readFileSync(`${folder}bn-or-in.ipynb`, "utf8")) as { readonly cells: readonly Cell[] };
  using session = openSession({ folder });
  const verdicts: string[] = [];
  for (const { id, source } of cells.filter((cell) => cell.cell_type === "code")) {
    const seen = await session.run(source.join(""), { title: id });
    expect({ id, ...seen }).toMatchObject({ id, outcome: "done", errors: [], stderr: "" });
    expect(seen.displays.length, `${id} shows something`).toBeGreaterThan(0);
    for (const states of seen.displays) {
      const report = states.at(-1)?.[MIME] as { verdict: { headline: string } } | undefined;
      if (report) verdicts.push(report.verdict.headline);
    }
  }
  expect(verdicts).toEqual(["BN for classification at batch size 32.", "IN for style transfer."]);
}, 60_000);
