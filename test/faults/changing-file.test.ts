import { appendFileSync, closeSync, openSync, readdirSync, renameSync, truncateSync, unlinkSync, writeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { begun } from "./command.js";
import { deflatedNpz, npy, npyOf, writeSparseNpy } from "./file-bytes.js";
import { scratchFolder } from "./scratch.js";

const scratch = scratchFolder();

/** 600 MB that take no room: long enough to change them in the middle of a pass. */
const shape = [150, 4, 1000, 250] as const;

function overwriteByte(path: string): void {
  const descriptor = openSync(path, "r+");
  writeSync(descriptor, Buffer.of(1), 0, 1, 5e8);
  closeSync(descriptor);
}

interface Change {
  readonly name: string;
  readonly change: (path: string) => void;
  readonly code: 3 | 4;
  readonly line: RegExp;
}

const STATE = /\d+ bytes as of [\dTZ:.-]+/.source;
const changed = (what: string) =>
  new RegExp(`^normstream: a\\.npy: ${what}; expected ${STATE}, found ${STATE}\\. Run again when nothing writes to it\\.$`);

const SHRANK =
  /^normstream: a\.npy, byte \d+: the file shrank while it was read; expected 6000000\d\d bytes, found \d+\. Run again when nothing writes to it\.$/
    .source;

const changes: readonly Change[] = [
  {
    name: "shrinks",
    change: (path) => truncateSync(path, 1e6),
    code: 3,
    // Where the system is slow a thread opens it only now.
    line: new RegExp(`(${changed("the file shrank after it was opened").source}|${SHRANK})`),
  },
  {
    name: "grows",
    change: (path) => appendFileSync(path, "more"),
    code: 3,
    line: changed("the file changed after it was opened"),
  },
  { name: "changes in place", change: overwriteByte, code: 3, line: changed("the file changed after it was opened") },
  {
    name: "is replaced",
    change: (path) => renameSync(scratch.write("b.npy", npyOf([2, 2])), path),
    code: 3,
    line: changed("the file was replaced after it was opened"),
  },
  {
    name: "is removed",
    change: (path) => unlinkSync(path),
    code: 4,
    line: /^normstream: a\.npy: cannot open: no such file or folder$/,
  },
];

const runs: readonly (readonly [name: string, args: readonly string[]])[] = [
  ["statistics, 2 threads", ["stats", "a.npy", "-o", "out.npz", "--overwrite", "--threads", "2"]],
  ["normalizing, inline", ["normalize", "a.npy", "-o", "out.npz", "--overwrite", "--engine", "inline", "--out-dtype", "f16"]],
];

describe.each(runs)("a file that changes while it is read is no input: %s", (_, args) => {
  test.each(changes)("it $name", async ({ change, code, line }) => {
    writeSparseNpy(scratch.path("a.npy"), shape);
    scratch.write("out.npz", "mine");
    const run = scratch.start(args);
    await begun(run);
    await new Promise((resolve) => setTimeout(resolve, 30));
    change(scratch.path("a.npy"));
    const { ended, stdout, stderr } = await run.outcome;
    const lines = stderr.trimEnd().split("\n");
    expect(lines.at(-1)).toMatch(line);
    expect(lines.every((text) => text.startsWith("normstream: "))).toBe(true);
    expect({ ended, stdout }).toEqual({ ended: code, stdout: "" });
    expect(readdirSync(scratch.folder).filter((name) => name !== "a.npy")).toEqual(["out.npz"]);
    expect(String(scratch.read("out.npz"))).toBe("mine");
  });
});

test("an archive that changes while it is unpacked", async () => {
  scratch.write("a.npz", deflatedNpz(npy(new Uint8Array(280e6), { shape: "(70, 1, 1000, 1000)" })));
  const run = scratch.start(["stats", "a.npz", "--threads", "2"]);
  await begun(run);
  appendFileSync(scratch.path("a.npz"), "more");
  const { ended, stdout, stderr } = await run.outcome;
  expect({ ended, stdout }).toEqual({ ended: 3, stdout: "" });
  expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
    /^normstream: a\.npz: the file changed after it was opened; expected .*\. Run again when nothing writes to it\.$/,
  );
});
