import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import { afterAll, describe, expect, test } from "vitest";
import { type Block, blocksOf, type Output } from "./blocks.js";

// Runs every block of code of the README and the guides: commands and programs, in order, in one folder for each document. What a
// `text` or `json` block after one shows has to be what the program, or the last command, prints; UPDATE_DOCS=1 writes that into
// the documents instead.
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const scratch = mkdtempSync(join(tmpdir(), "normstream-documents-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Commands for people, which other tests run. */
const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  "npm run demo": "test/demo/demo.test.ts",
  "npm test": "test/test-command.test.ts",
};

/** A folder as a reader has it who works at the repository's root: normstream and rxjs are installed, and the examples are there. */
function makeFolder(name: string): string {
  const folder = join(scratch, name);
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync(join(root, "examples"), join(folder, "examples"), "dir");
  for (const name of ["normstream", "rxjs"]) {
    symlinkSync(realpathSync(join(root, "node_modules", name)), join(folder, "node_modules", name), "dir");
  }
  return folder;
}

/** What differs from run to run: durations, rates, times; the version of Node, and digests of lists that times stand in. */
const withoutTimes = (text: string): string =>
  text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "T")
    .replace(/on Node [\d.]+/g, "on Node V")
    .replace(/npz, [\d.]+ kB$/gm, "npz, F kB")
    .replace(/(lineage .*digest) [0-9a-f]{64}/g, "$1 D")
    .replace(/in [\d.]+ m?s \([^)]*\)/g, "in T")
    .replace(/[ \t]+$/gm, "")
    .trimEnd();

const comparable = ({ language, text }: Pick<Output, "language" | "text">): unknown =>
  language === "json"
    ? JSON.parse(text, (key, value) => (key === "seconds" && typeof value === "number" ? "T" : value))
    : withoutTimes(text);

function run(folder: string, args: readonly string[]): string {
  const env = { ...process.env, NO_COLOR: "1" };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", env });
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

/** Runs commands line by line, and gives what the last one prints. */
function runShell(folder: string, code: string): string | undefined {
  let output: string | undefined;
  for (const line of code.split("\n")) {
    const command = line.replace(/\s+#.*$/, "").trim();
    if (command === "" || command.startsWith("#")) continue;
    const elsewhere = TESTED_ELSEWHERE[command];
    if (elsewhere !== undefined) {
      expect(existsSync(join(root, elsewhere)), `${elsewhere} runs "${command}"`).toBe(true);
      continue;
    }
    expect(command, "no shell is there to read this").not.toMatch(/["'|<>&;$`\\*?]/);
    if (command.startsWith("node examples/")) {
      output = run(folder, command.split(/\s+/).slice(1));
      continue;
    }
    const [npx, no, name, ...args] = command.split(/\s+/);
    expect([npx, no, name], `a command that can be run: ${command}`).toEqual(["npx", "--no", "normstream"]);
    output = run(folder, [join(root, "packages", "normstream", "bin", "normstream.js"), ...args]);
  }
  return output;
}

const programPath = (folder: string, { line, language }: Block, extension: string = language) =>
  join(folder, `line-${line}.${extension}`);

async function runProgram(folder: string, block: Block): Promise<string> {
  const path = programPath(folder, block, "mjs");
  // As for Node 20, which knows neither types nor `using`.
  const { code } =
    block.language === "ts" ? await transform(block.code, { loader: "ts", format: "esm", target: "node20" }) : block;
  writeFileSync(path, code);
  return run(folder, [path]);
}

/** Python stands here for notebooks. In the place of IPython's own `display` is one that holds its bundle to what the protocol takes. */
const IPYTHON = `import json
def display(data, raw=False):
    assert raw is True and isinstance(data, dict) and data
    for mime, value in data.items():
        assert "/" in mime
        assert isinstance(value, dict if mime.endswith("+json") else str)
        print(mime, json.dumps(value)[:26])
`;

const hasPython = spawnSync("python3", ["--version"]).status === 0;

function runPython(folder: string, code: string): string {
  mkdirSync(join(folder, "python", "IPython"), { recursive: true });
  writeFileSync(join(folder, "python", "IPython", "__init__.py"), "");
  writeFileSync(join(folder, "python", "IPython", "display.py"), IPYTHON);
  const env = { ...process.env, PYTHONPATH: join(folder, "python"), PYTHONDONTWRITEBYTECODE: "1" };
  const { status, stdout, stderr } = spawnSync("python3", ["-c", code], { cwd: folder, encoding: "utf8", env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

/** Type errors of programs, as a reader's strict compiler tells them. */
function typeErrorsOf(folder: string, blocks: readonly Block[]): string {
  for (const block of blocks) writeFileSync(programPath(folder, block), block.code);
  const configuration = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      noUnusedLocals: true,
      typeRoots: [join(root, "node_modules", "@types")],
      paths: {
        "@normstream/*": [join(root, "packages", "*", "src", "index.ts")],
        normstream: [join(root, "packages", "normstream", "src", "index.ts")],
      },
    },
    files: blocks.map((block) => programPath(folder, block)),
    include: [join(root, "packages", "*", "src", "**", "*.d.ts")],
  };
  const path = join(folder, "tsconfig.json");
  writeFileSync(path, JSON.stringify(configuration));
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  return spawnSync(process.execPath, [tsc, "-p", path], { cwd: folder, encoding: "utf8" }).stdout;
}

const markdownIn = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));

const guides = markdownIn(join("docs", "guides"));

describe.each(["README.md", ...guides])("%s", (name) => {
  const path = join(root, name);
  const markdown = readFileSync(path, "utf8");
  const blocks = blocksOf(markdown);
  const folder = makeFolder(basename(name, ".md"));
  const updates: { at: number; length: number; text: string }[] = [];

  const typed = blocks.filter(({ language }) => language === "ts");
  if (typed.length > 0) {
    test("its TypeScript has no type errors", () => expect(typeErrorsOf(folder, typed)).toBe(""), 180_000);
  }

  for (const block of blocks) {
    const { language, code, output, line } = block;
    test(`line ${line}: ${code.trim().split("\n")[0]}`, async (context) => {
      if (language === "python") {
        if (!hasPython) return context.skip("python3 is not installed");
        expect(runPython(folder, code)).toMatch(/^application\/vnd\.normstream\.report\.v1\+json \{"schema": "normstream/);
        return;
      }
      const found = language === "sh" ? runShell(folder, code) : await runProgram(folder, block);
      // A program that prints shows it: what is not compared is not tested.
      if (output === undefined) {
        if (language !== "sh") expect(found, "a program's output is shown after it").toBe("");
        return;
      }
      const text = `${found?.trimEnd()}\n`;
      const expected = () => expect(comparable({ language: output.language, text })).toEqual(comparable(output));
      if (!process.env.UPDATE_DOCS) return expected();
      try {
        expected();
      } catch {
        updates.push({ at: output.at, length: output.text.length, text });
      }
    }, 180_000);
  }

  afterAll(() => {
    if (updates.length === 0) return;
    const text = updates
      .sort((a, b) => b.at - a.at)
      .reduce((all, u) => all.slice(0, u.at) + u.text + all.slice(u.at + u.length), markdown);
    writeFileSync(path, text);
  });
});

describe.each(["README.md", "CONTRIBUTING.md", ...markdownIn("docs"), ...guides])("%s", (name) => {
  const path = join(root, name);
  const markdown = readFileSync(path, "utf8").replace(/^( *)```[\s\S]*?^\1```$/gm, "");

  test("points at files and headings that exist, and names no other machine's paths", () => {
    const links = [...markdown.matchAll(/\]\(([^)#:]*)(#[^)]*)?\)|(?:src|srcset)="([^":]+)"/g)];
    for (const [, file, heading, picture] of links) {
      const target = file || picture ? join(dirname(path), (file || picture) as string) : path;
      expect(existsSync(target), `${file || picture} exists`).toBe(true);
      if (heading) expect(headingsOf(readFileSync(target, "utf8"))).toContain(heading);
    }
    expect(markdown).not.toMatch(/\/(home|root|work|Users)\//);
  });
});

/** Headings as links name them. */
const headingsOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (.*)$/gm)].map(
    ([, title = ""]) =>
      `#${title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} -]/gu, "")
        .replace(/ /g, "-")}`,
  );

test("programs stand in no other document", () => {
  const elsewhere = ["CONTRIBUTING.md", "CHANGELOG.md", ...markdownIn("docs")];
  for (const name of elsewhere) expect(readFileSync(join(root, name), "utf8"), name).not.toMatch(/^```(js|sh)$/m);
});

test("the README's command runs through npx, as it is written", () => {
  const { status, stdout } = spawnSync("npx", ["--no", "normstream", "info", "examples/car-prices/cars.npy"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(status).toBe(0);
  expect(stdout).toContain("[24, 3] float64");
});
