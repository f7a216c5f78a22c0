import { mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { flushRange } from "../../src/bytes/flush-range.js";
import { openRangeWriter } from "../../src/bytes/range-writer.js";
import { createSink } from "../../src/sink.js";

const folder = mkdtempSync(join(tmpdir(), "normstream-flush-"));
const shape = [6, 4];
const bytes = new Uint8Array(6 * 4 * 4).fill(7);

afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** How often the system is told to bring a file to the disk from now on. */
async function countSyncs() {
  const probe = await open(folder, "r");
  const handles = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  return vi.spyOn(handles, "datasync");
}

test("one file is brought to the disk, whichever part of it was written", async () => {
  await using sink = await createSink(join(folder, "x.npy"), { shape, dtype: "float32" });
  using writer = openRangeWriter(sink.range);
  writer.write(bytes, 0);
  const syncs = await countSyncs();
  await flushRange(sink.range, 16, 32);
  expect(syncs).toHaveBeenCalledTimes(1);
  await sink.commit();
});

test.each([
  [0, 16, 1],
  [16, 64, 2],
  [0, 96, 3],
])("of a folder of chunks, the files that hold bytes %d to %d are", async (from, to, files) => {
  await using sink = await createSink(join(folder, `${from}-${to}-shards`), {
    ...{ shape, dtype: "float32", as: "safetensors", fileBytes: 32, name: "x" },
  });
  using writer = openRangeWriter(sink.range);
  writer.write(bytes, 0);
  const syncs = await countSyncs();
  await flushRange(sink.range, from, to);
  expect(syncs).toHaveBeenCalledTimes(files);
});

test("a device that fails only now is an error that names the output", async () => {
  await using sink = await createSink(join(folder, "full.npy"), { shape, dtype: "float32" });
  const syncs = await countSyncs();
  syncs.mockRejectedValue(Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" }));
  await expect(flushRange(sink.range, 0, 16)).rejects.toMatchObject({ kind: "io", details: { file: join(folder, "full.npy") } });
});
