import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
let folder: string;

/** A workspace of one package, with an `npx` and a build that write down that they ran. */
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "normstream-setup-")));
  for (const script of ["setup.mjs", "stamps.mjs"]) {
    mkdirSync(join(folder, "scripts"), { recursive: true });
    copyFileSync(join(root, "scripts", script), join(folder, "scripts", script));
  }
  write("package.json", "{}");
  write("pnpm-lock.yaml", "lockfileVersion: 9");
  write("packages/normstream/package.json", '{ "name": "normstream" }');
  write("packages/normstream/src/index.ts", "export {};");
  write(
    "bin/npx",
    '#!/bin/sh\necho "install $* npm=$npm_lifecycle_event" >> log\nmkdir -p node_modules/.pnpm\necho installed\nexit $(cat status)',
  );
  chmodSync(join(folder, "bin/npx"), 0o755);
  write("status", "0");
  write(
    "scripts/build.mjs",
    `import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
     import { dirname } from "node:path";
     import { inputsOf, isFresh, products, stamp } from "./stamps.mjs";
     for (const stage of ["kernel", "bundles", "extension", ...(process.argv.includes("--no-types") ? [] : ["types"])]) {
       if (isFresh(stage)) continue;
       appendFileSync("log", stage + "\\n");
       for (const path of products[stage]) { mkdirSync(dirname(path), { recursive: true }); writeFileSync(path, ""); }
       stamp(stage, inputsOf(stage));
     }`,
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Runs setup as `npm run` would, with no stdin; `ran` is what npx and the build wrote down. */
function setUp(...args: string[]) {
  rmSync(join(folder, "log"), { force: true });
  const env = { ...process.env, PATH: `${join(folder, "bin")}${delimiter}${process.env.PATH}`, npm_lifecycle_event: "demo" };
  const script = join(folder, "scripts", "setup.mjs");
  const result = spawnSync(process.execPath, [script, ...args], {
    cwd: folder,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ran = existsSync(join(folder, "log")) ? readFileSync(join(folder, "log"), "utf8").trim().split("\n") : [];
  return { status: result.status, stdout: result.stdout, stderr: result.stderr, ran };
}

const install = expect.stringMatching(/^install --yes pnpm@10 install --frozen-lockfile .*npm=$/);

test("a bare clone is installed and built once, and stdout stays clean", () => {
  expect(setUp()).toMatchObject({ status: 0, stdout: "", ran: [install, "kernel", "bundles", "extension"] });
  expect(setUp()).toEqual({ status: 0, stdout: "", stderr: "", ran: [] });
});

test.each([
  { change: "the lockfile", path: "pnpm-lock.yaml", ran: [install, "kernel", "bundles", "extension", "types"] },
  { change: "a manifest", path: "packages/normstream/package.json", ran: [install, "bundles", "extension", "types"] },
  { change: "a source", path: "packages/normstream/src/index.ts", ran: ["bundles", "extension", "types"] },
  { change: "a new source", path: "packages/normstream/src/new.ts", ran: ["bundles", "extension", "types"] },
  { change: "a worker", path: "workers/thread.ts", ran: ["bundles", "extension"] },
  { change: "the extension", path: "extension/src/host/extension.ts", ran: ["extension"] },
  { change: "a kernel's source", path: "packages/kernel/assembly/index.ts", ran: ["kernel", "bundles", "extension"] },
  { change: "a test", path: "packages/normstream/test/a.test.ts", ran: [] },
])("when $change changes, what depends on it is made again", ({ path, ran }) => {
  setUp("--types");
  write(path, "{ }");
  expect(setUp("--types")).toMatchObject({ status: 0, ran });
});

test("a product that was deleted is made again", () => {
  setUp();
  rmSync(join(folder, "packages/normstream/dist/cli.js"));
  expect(setUp()).toMatchObject({ status: 0, ran: ["bundles", "extension"] });
});

test("a failing install passes its exit code on, says so, and is tried again", () => {
  write("status", "7");
  for (const args of [[], ["--quiet"]]) {
    const failed = setUp(...args);
    expect(failed).toMatchObject({ status: 7, stdout: "", ran: [install] });
    expect(failed.stderr).toMatch(/installed\n(.*\n)*Setting up failed: `npx --yes pnpm@10 .*` ended with exit code 7\.\n$/);
  }
  write("status", "0");
  expect(setUp("--quiet")).toEqual({ status: 0, stdout: "", stderr: "", ran: [install, "kernel", "bundles", "extension"] });
});
