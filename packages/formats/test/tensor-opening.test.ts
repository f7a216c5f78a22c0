import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { describeFile, openTensor, readVector } from "../src/index.js";
import { npyFloats } from "./sample-bytes.js";
import { expectError, scratchFolder } from "./scratch.js";

const scratch = scratchFolder();

test("what is no regular file is refused without opening it", async () => {
  mkdirSync(scratch.path("folder.npy"));
  await expectError(() => openTensor(scratch.path("folder.npy")), "data", "folder.npy", "there is no file of data");
  await expectError(() => readVector(scratch.path("folder.npy")), "io", "folder.npy", "is a folder, not a regular file");
  execFileSync("mkfifo", [scratch.path("pipe.npy")]);
  await expectError(() => openTensor(scratch.path("pipe.npy")), "io", "pipe.npy", "is a pipe (FIFO), not a regular file");
  await expectError(() => openTensor("/dev/zero"), "io", "/dev/zero", "is a device, not a regular file");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(scratch.path("socket.npy"), resolve));
  await expectError(() => openTensor(scratch.path("socket.npy")), "io", "socket.npy", "is a socket, not a regular file");
  await new Promise((resolve) => server.close(resolve));
});

test("a file that is not there", async () => {
  const path = scratch.path("none.npy");
  for (const open of [openTensor, describeFile, readVector]) {
    await expectError(() => open(path), "io", path, "cannot open", "no such file or folder");
  }
  await expectError(() => openTensor(`${scratch.write("file", "x")}/a.npy`), "io", "a part of the path is not a folder");
});

test("an empty file", async () => {
  const path = scratch.write("empty.npy", "");
  for (const open of [openTensor, describeFile, readVector])
    await expectError(() => open(path), "data", path, "the file is empty");
});

test("a link is followed", async () => {
  const path = scratch.write("a.npy", npyFloats([1, 2], [3, 4]));
  symlinkSync(path, scratch.path("link"));
  expect(await openTensor(scratch.path("link"))).toMatchObject({ shape: [1, 2], name: scratch.path("link") });
});

test("a description that contradicts the header is refused, one that agrees is not", async () => {
  const path = scratch.write("described.npy", npyFloats([1, 2], [3, 4]));
  expect(await openTensor(path, { shape: [1, 2], dtype: "f4" })).toMatchObject({ format: "npy" });
  await expectError(
    () => openTensor(path, { shape: [2, 1], dtype: "f4" }),
    "usage",
    path,
    "--shape",
    "expected [1, 2], found [2, 1]",
  );
  await expectError(
    () => openTensor(path, { shape: [1, 2], dtype: "f8" }),
    "usage",
    path,
    "--dtype",
    "expected float32, found f8",
  );
});

test("a signal that is aborted", async () => {
  const path = scratch.write("signal.npy", npyFloats([1, 2], [3, 4]));
  const signal = AbortSignal.abort();
  for (const open of [openTensor, describeFile, readVector])
    await expectError(() => open(path, { signal }), "aborted", "stopped");
});
