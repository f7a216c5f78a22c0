import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "normstream-performance-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const spread = (median: number) => ({ median, min: median * 0.9, max: median * 1.25 });
const contender = (name: string, ms: number, speed: number | null, facts = {}) => ({
  name,
  ms: spread(ms),
  payloadBytes: 1e9,
  payloadGBs: 1e6 / ms / 1e3,
  movedGBs: null,
  error: 2e-15,
  sameWork: true,
  beside: speed === null ? null : "Normstream",
  speed: speed === null ? null : spread(speed),
  ...facts,
});
const job = (name: string, group: string, contenders: object[], facts = {}) => ({
  name,
  group,
  about: `<${name}> & more`,
  contenders,
  ratios: [],
  disagreements: [],
  skipped: [],
  ...facts,
});

const report = {
  schema: "normstream/bench/2",
  date: "2026-01-02",
  machine: { cpu: "A & B <C>", cores: 2, memoryGB: 25, os: "linux", versions: { Node: "20.0.0", C: "gcc 12" } },
  missing: ["sharp: not here"],
  broken: ["another job: it ended"],
  size: "full",
  rounds: 5,
  jobs: [
    job("limits", "Limits", [contender("memcpy, 1 thread", 50, null, { error: null })]),
    job(
      "first of all",
      "Files",
      [
        contender("Normstream", 100, 1),
        contender("C, 2 threads", 60, 1.7),
        contender("C, 1 thread", 90, 1.1),
        contender("NumPy, chunks", 900, 0.11),
        contender("PyTorch, float32", 10, 10, { sameWork: false }),
      ],
      {
        ratios: [
          { of: "Normstream", to: "C, 2 threads", ...spread(0.6), perByte: false, atLeast: 0.65, holds: false },
          { of: "Normstream", to: "NumPy, chunks", ...spread(9), perByte: false, atLeast: 4, holds: true },
        ],
      },
    ),
    job("how it grows", "Growth", [contender("Normstream, 1 GB", 200, null, { payloadGBs: null })], {
      ratios: [{ of: "Normstream, 32 GB", to: "Normstream, 1 GB", ...spread(1.02), perByte: true, atMost: 1.1, holds: true }],
    }),
    job("cold", "Files", [], { skipped: ["nothing evicts it"] }),
  ],
};

/** Names of elements that do not close where they have to, and of what is no element. */
function unbalanced(xml: string): string[] {
  const open: string[] = [];
  const wrong: string[] = xml.replace(/<[^<>]*>/g, "").match(/[<>]|&(?!amp;|lt;|gt;|quot;)/g) ?? [];
  for (const [, slash, name, rest] of xml.matchAll(/<(\/?)([\w-]+)((?:\s+[\w:-]+="[^"<]*")*\s*\/?)>/g)) {
    if (slash === "/") {
      if (open.pop() !== name) wrong.push(`</${name}>`);
    } else if (!rest?.endsWith("/")) open.push(name as string);
  }
  return [...wrong, ...open];
}

test("a report becomes a document and a picture that hold every job", () => {
  const path = join(folder, "report.json");
  const docs = join(folder, "docs");
  mkdirSync(docs);
  writeFileSync(path, JSON.stringify(report));
  const script = fileURLToPath(new URL("./document.mjs", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, path, docs], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });

  const picture = readFileSync(join(docs, "pictures", "performance.svg"), "utf8");
  expect(unbalanced(picture)).toEqual([]);
  expect(picture.match(/<title[ >]/g)?.length).toBe(1 + 3); // the picture's, and one for each mark of the job with rivals
  expect(picture).toContain("prefers-color-scheme: dark");
  expect(picture).toContain(">first of all</text>");
  expect(picture).toContain(">59 %</text>"); // 1 / 1.7, the faster of C's ways
  expect(picture).toContain(">9.1 × NumPy</text>");
  expect(picture).not.toContain("PyTorch"); // less work than ours

  const text = readFileSync(join(docs, "performance.md"), "utf8");
  for (const { name, about, contenders } of report.jobs) {
    expect(text).toContain(`### ${name[0]?.toUpperCase()}${name.slice(1)}\n\n${about}.`);
    for (const { name } of contenders as { name: string }[]) expect(text).toContain(`\n| ${name} | `);
  }
  expect(text).toContain("2 of 3 are met");
  expect(text).toContain("| first of all | Normstream : C, 2 threads | 60 % (54 % – 75 %) | ≥ 65 % | **missed** |");
  expect(text).toContain("time per byte of Normstream, 32 GB : Normstream, 1 GB: 1.02 × (0.92 × – 1.27 ×), bar ≤ 1.10 ×: met");
  expect(text).toContain("Skipped: nothing evicts it.");
  expect(text).toContain("- sharp: not here\n- **broken:** another job: it ended");
  for (const made of [picture, text]) expect(made).not.toMatch(/NaN|undefined|Infinity|null/);
});
