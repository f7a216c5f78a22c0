import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import extractDepcruiseOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const config = join(root, ".dependency-cruiser.cjs");
const packages = readdirSync(join(root, "packages"));

async function cruiseTree(baseDir: string, folders: string[]): Promise<ICruiseResult> {
  const options = await extractDepcruiseOptions(config);
  const { output } = await cruise(folders, { ...options, baseDir });
  if (typeof output === "string") throw new Error(output);
  return output;
}

/** One line for each violation: the rule and the file that breaks it. */
const violationsOf = (result: ICruiseResult) => result.summary.violations.map(({ rule, from }) => `${rule.name} ${from}`).sort();

describe("the tree", () => {
  let result: ICruiseResult;
  beforeAll(async () => {
    result = await cruiseTree(root, ["packages", "workers", "test"]);
  }, 120_000);

  test("breaks no rule", () => {
    expect(result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  });

  test("was read: imports by a package's name lead to that package's source", () => {
    const imports = result.modules.flatMap((module) =>
      module.dependencies.map(({ module: name, resolved }) => ({ name, resolved })),
    );
    for (const below of ["tensor", "moments"]) {
      expect(imports).toContainEqual({ name: `@normstream/${below}`, resolved: `packages/${below}/src/index.ts` });
    }
  });

  test("has a layer for every package", async () => {
    const { ruleSet } = await extractDepcruiseOptions(config);
    const names = new Set(ruleSet?.forbidden?.map((rule) => rule.name));
    expect(packages.filter((name) => !names.has(`layer-${name}`))).toEqual([]);
  });
});

/** Files of a small workspace, each of which breaks the one rule that it is named for. */
const breaches: ReadonlyArray<{ rule: string; file: string; source: string }> = [
  { rule: "layer-tensor", file: "packages/tensor/src/a.ts", source: 'export * from "@normstream/moments";' },
  { rule: "layer-moments", file: "packages/moments/src/a.ts", source: 'export * from "@normstream/kernel";' },
  { rule: "layer-kernel", file: "packages/kernel/src/a.ts", source: 'export * from "@normstream/formats";' },
  { rule: "layer-kernel", file: "packages/kernel/src/b.ts", source: 'import type { nothing } from "@normstream/pool";' },
  { rule: "layer-formats", file: "packages/formats/src/a.ts", source: 'export * from "@normstream/moments";' },
  { rule: "layer-pipeline", file: "packages/pipeline/src/a.ts", source: 'export const load = () => import("@normstream/pool");' },
  { rule: "layer-convert", file: "packages/convert/src/a.ts", source: 'export * from "@normstream/pool";' },
  { rule: "layer-report", file: "packages/report/src/a.ts", source: 'export * from "@normstream/pool";' },
  { rule: "layer-renderer", file: "packages/renderer/src/a.ts", source: 'export * from "@normstream/pipeline";' },
  { rule: "layer-pool", file: "packages/pool/src/a.ts", source: 'export * from "normstream";' },
  { rule: "layer-cluster", file: "packages/cluster/src/a.ts", source: 'export * from "@normstream/pool";' },
  { rule: "layer-normstream", file: "packages/normstream/src/a.ts", source: 'export * from "../../../workers/thread.js";' },
  { rule: "layer-workers", file: "workers/a.ts", source: 'export * from "normstream";' },
  // A cycle is reported once, at its first file by name; `second.ts` below closes it with a type alone.
  { rule: "no-cycle", file: "packages/tensor/src/first.ts", source: 'import { b } from "./second.js"; export const a = b;' },
  { rule: "by-package-name", file: "packages/moments/src/b.ts", source: 'export * from "../../tensor/src/index.js";' },
  { rule: "by-package-name-outside", file: "workers/b.ts", source: 'export * from "../packages/tensor/src/inner.js";' },
  { rule: "resolvable", file: "packages/moments/src/c.ts", source: 'export * from "@normstream/tensor/src/inner.js";' },
  { rule: "source-not-to-test", file: "packages/moments/src/d.ts", source: 'export * from "../test/given.js";' },
  { rule: "threads-only-in-pool", file: "packages/pipeline/src/b.ts", source: 'export * from "piscina";' },
  { rule: "comlink-where-workers-are-called", file: "packages/normstream/src/b.ts", source: 'export * from "comlink";' },
  { rule: "cluster-only-in-cluster", file: "packages/pipeline/src/c.ts", source: 'export * from "bullmq";' },
  { rule: "streams-from-pipeline-up", file: "packages/formats/src/b.ts", source: 'export * from "rxjs";' },
  { rule: "charts-run-anywhere", file: "packages/report/src/charts/a.ts", source: 'export * from "@normstream/pipeline";' },
  { rule: "charts-without-node", file: "packages/report/src/charts/b.ts", source: 'export * from "node:fs";' },
  { rule: "no-node-below-formats", file: "packages/kernel/src/c.ts", source: 'export * from "node:fs";' },
];

/** What the rules allow, so that they are not simply against everything. */
const allowed: ReadonlyArray<{ file: string; source: string }> = [
  { file: "packages/moments/src/fine.ts", source: 'export * from "@normstream/tensor"; export * from "./index.js";' },
  { file: "packages/formats/src/fine.ts", source: 'export * from "node:fs"; export * from "@normstream/tensor";' },
  { file: "packages/pipeline/src/fine.ts", source: 'export * from "rxjs"; export * from "@normstream/kernel";' },
  {
    file: "packages/pool/src/fine.ts",
    source: 'export * from "piscina"; export * from "comlink"; export * from "@normstream/pipeline";',
  },
  { file: "workers/fine.ts", source: 'export * from "comlink"; export * from "@normstream/pool";' },
  { file: "packages/moments/test/given.ts", source: 'export * from "../src/index.js"; export * from "node:fs";' },
];

describe("each rule", () => {
  let folder: string;
  let result: ICruiseResult;

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${text}\n`);
  }

  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "normstream-layers-")));
    write("tsconfig.base.json", '{ "compilerOptions": { "module": "ESNext", "moduleResolution": "bundler" } }');
    for (const name of packages) {
      const full = name === "normstream" ? name : `@normstream/${name}`;
      write(`packages/${name}/package.json`, JSON.stringify({ name: full, exports: { ".": "./src/index.ts" } }));
      write(`packages/${name}/src/index.ts`, "export const value = 1;");
      mkdirSync(join(folder, "node_modules", "@normstream"), { recursive: true });
      symlinkSync(join(folder, "packages", name), join(folder, "node_modules", full));
    }
    for (const name of ["piscina", "comlink", "rxjs", "bullmq"]) {
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "index.js" }));
      write(`node_modules/${name}/index.js`, "module.exports = {};");
    }
    write("packages/tensor/src/inner.ts", "export const inner = 1;");
    write("packages/tensor/src/second.ts", 'import type { a } from "./first.js"; export const b = 1 as unknown as typeof a;');
    write("workers/thread.ts", "export const thread = 1;");
    for (const { file, source } of [...breaches, ...allowed]) write(file, source);
    result = await cruiseTree(folder, ["packages", "workers"]);
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(breaches)("$rule finds $file", ({ rule, file }) => {
    expect(violationsOf(result)).toContain(`${rule} ${file}`);
  });

  test("finds nothing else, in what is allowed least of all", () => {
    expect(violationsOf(result)).toEqual(breaches.map(({ rule, file }) => `${rule} ${file}`).sort());
    expect(result.modules.map((module) => module.source)).toEqual(expect.arrayContaining(allowed.map(({ file }) => file)));
  });

  test("has a file here that breaks it", async () => {
    const { ruleSet } = await extractDepcruiseOptions(config);
    const names = new Set(ruleSet?.forbidden?.map((rule) => rule.name));
    expect([...names].sort()).toEqual([...new Set(breaches.map(({ rule }) => rule))].sort());
  });
});
