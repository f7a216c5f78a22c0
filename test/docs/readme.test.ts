import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

// Runs what the documents show: commands and programs, in order, in one folder. Where a ```text block follows, it has to be what the
// last command, or the program, prints. UPDATE_DOCS=1 writes what they print into the documents instead.
const folder = mkdtempSync(join(tmpdir(), "normstream-readme-"));
for (const name of ["node_modules", "examples"]) symlinkSync(join(root, name), join(folder, name), "dir");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Block {
  readonly language: string;
  readonly code: string;
  /** Text of the ```text block that follows. */
  readonly output: string | undefined;
  /** Where that text stands in the document. */
  readonly outputAt: number;
  readonly line: number;
}

/** Blocks that can be run: in the README all of sh, js and ts; elsewhere those with "run" after the language. */
function blocksOf(markdown: string, isReadme: boolean): Block[] {
  const fence = /^```(\w+)( run)?\n([\s\S]*?)^```\n(\n```text\n([\s\S]*?)^```\n)?/gm;
  return [...markdown.matchAll(fence)].flatMap((match) => {
    const [all, language = "", run, code = "", outputBlock, output] = match;
    if (!["sh", "js", "ts"].includes(language) || !(isReadme || run)) return [];
    const outputAt = match.index + all.length - (outputBlock?.length ?? 0) + "\n```text\n".length;
    return [{ language, code, output, outputAt, line: markdown.slice(0, match.index).split("\n").length }];
  });
}

/** What differs from run to run: durations, rates. */
const withoutTimes = (text: string): string =>
  text
    .replace(/in [\d.]+ m?s \([^)]*\)/g, "in T")
    .replace(/[ \t]+$/gm, "")
    .trimEnd();

function run(command: string, args: readonly string[]): string {
  const options = { cwd: folder, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } } as const;
  const { status, stdout, stderr } = spawnSync(command, args, options);
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

/** Runs the lines that call the CLI (the others are for people), and gives what the last one prints. */
function runShell(code: string): string | undefined {
  let output: string | undefined;
  for (const line of code.split("\n")) {
    const [npx, no, name, ...args] = line.trim().split(/\s+/);
    if (npx !== "npx") continue;
    expect([no, name]).toEqual(["--no", "normstream"]);
    output = run(process.execPath, [join(root, "packages", "normstream", "bin", "normstream.js"), ...args]);
  }
  return output;
}

let programs = 0;
function runProgram(code: string): string {
  const path = join(folder, `program-${++programs}.mjs`);
  writeFileSync(path, code);
  return run(process.execPath, [path]);
}

const documents = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

describe.each(documents)("%s", (name) => {
  const path = join(root, name);
  const markdown = readFileSync(path, "utf8");
  const blocks = blocksOf(markdown, name === "README.md");
  const updates: { at: number; length: number; text: string }[] = [];

  for (const { language, code, output, outputAt, line } of blocks) {
    test(`line ${line}: ${code.trim().split("\n")[0]}`, () => {
      const found = language === "sh" ? runShell(code) : runProgram(code);
      if (output === undefined) return;
      if (process.env.UPDATE_DOCS) updates.push({ at: outputAt, length: output.length, text: `${found?.trimEnd()}\n` });
      else expect(withoutTimes(output)).toBe(withoutTimes(found ?? ""));
    });
  }

  test("points at files that exist, and names no other machine's paths", () => {
    const links = [...markdown.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)|(?:src|srcset)="([^":]+)"/g)].map(
      (match) => match[1] ?? match[2],
    );
    for (const link of links) readFileSync(join(dirname(path), link as string));
    expect(markdown).not.toMatch(/\/(home|root|work|Users)\//);
  });

  afterAll(() => {
    if (updates.length === 0) return;
    const text = updates
      .sort((a, b) => b.at - a.at)
      .reduce((all, u) => all.slice(0, u.at) + u.text + all.slice(u.at + u.length), markdown);
    writeFileSync(path, text);
  });
});

test("the README's command runs through npx, as it is written", () => {
  const { status, stdout } = spawnSync("npx", ["--no", "normstream", "info", "examples/car-prices/cars.npy"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(status).toBe(0);
  expect(stdout).toContain("[24, 3] float64");
});
