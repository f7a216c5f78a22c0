import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createAtomicFile } from "../../src/bytes/atomic-file.js";
import { writeFileAtomically } from "../../src/index.js";
import { expectError, scratchFolder } from "../scratch.js";

const scratch = scratchFolder();

test("writes text and bytes, and leaves no temporary file", async () => {
  await writeFileAtomically(scratch.path("a.json"), '{"größe":1}\n');
  expect(readFileSync(scratch.path("a.json"), "utf8")).toBe('{"größe":1}\n');
  await writeFileAtomically(scratch.path("b"), Uint8Array.of(1, 2));
  expect([...readFileSync(scratch.path("b"))]).toEqual([1, 2]);
  expect(scratch.partials()).toEqual([]);
});

test("a file that is there is replaced only when asked, and keeps its permissions", async () => {
  const path = scratch.write("there", "old");
  chmodSync(path, 0o640);
  await expectError(() => writeFileAtomically(path, "new"), "usage", path, "the file exists", "--overwrite");
  expect(readFileSync(path, "utf8")).toBe("old");
  await writeFileAtomically(path, "new", { overwrite: true });
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(statSync(path).mode & 0o777).toBe(0o640);
});

test("a file that appears meanwhile is not replaced", async () => {
  const path = scratch.path("race");
  await using file = await createAtomicFile(path, {});
  await file.write(Buffer.from("ours"), 0);
  writeFileSync(path, "theirs");
  await expectError(() => file.commit(), "usage", path, "the file exists");
  await file.discard();
  expect(readFileSync(path, "utf8")).toBe("theirs");
  expect(scratch.partials()).toEqual([]);
});

test("the temporary file says what it is, however long the name", async () => {
  const name = `${"ü".repeat(120)}.npy`;
  await using file = await createAtomicFile(scratch.path(name), {});
  expect(scratch.partials()).toEqual([expect.stringMatching(new RegExp(`^\\.ü{50}\\.${process.pid}\\.[0-9a-f]{12}\\.partial$`))]);
  await file.commit();
  expect(statSync(scratch.path(name)).size).toBe(0);
});

test("a link is followed, and one that leads nowhere is refused", async () => {
  const real = scratch.write("real", "old");
  symlinkSync(real, scratch.path("link"));
  await writeFileAtomically(scratch.path("link"), "new", { overwrite: true });
  expect(readFileSync(real, "utf8")).toBe("new");
  symlinkSync(scratch.path("nowhere"), scratch.path("broken"));
  await expectError(() => writeFileAtomically(scratch.path("broken"), "x", { overwrite: true }), "io", "broken", "leads nowhere");
});

test("refused before anything is written", async () => {
  mkdirSync(scratch.path("folder"));
  await expectError(() => writeFileAtomically(scratch.path("folder"), "x", { overwrite: true }), "io", "is a folder");
  await expectError(() => writeFileAtomically(`${scratch.path("x")}/`, "x"), "usage", "names a folder");
  await expectError(
    () => writeFileAtomically(scratch.path("none/x"), "x"),
    "io",
    "none/x",
    "no such file or folder",
    "Make the folder first",
  );
  await expectError(() => writeFileAtomically(`${scratch.write("file", "")}/x`, "x"), "io", "file/x", "not a folder");
  await expectError(() => writeFileAtomically("/dev/null", "x", { overwrite: true }), "io", "/dev/null", "special file");
  await expectError(() => writeFileAtomically(scratch.path("x"), "x", { signal: AbortSignal.abort() }), "aborted");
  expect(scratch.partials()).toEqual([]);
});

test.skipIf(process.getuid?.() === 0)("a folder without permission to write (root has it everywhere)", async () => {
  mkdirSync(scratch.path("closed"), { mode: 0o555 });
  await expectError(() => writeFileAtomically(scratch.path("closed/x"), "x"), "io", "closed/x", "permission denied");
});

test("a device with too little room says so at once", async () => {
  await using file = await createAtomicFile(scratch.path("huge"), {});
  await expectError(() => file.resize(2 ** 52), "io", "huge", "no space left", `expected ${2 ** 52} bytes free`);
});
