import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeNpyHeader } from "@normstream/formats";

/** A folder of one test file: data, the store of its runs, what they write. */
export function scratchFolder() {
  const folder = mkdtempSync(join(tmpdir(), "normstream-cluster-"));
  return {
    folder,
    store: join(folder, "store"),
    path: (name: string) => join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * A float32 `.npy` of a shape, mostly zeros that take no room on disk, with a page of values now and then: quick to make, and no two
 * shards have the same moments.
 */
export function sparseNpy(path: string, shape: readonly number[], everyBytes = 1 << 16): void {
  const head = encodeNpyHeader(shape, "float32");
  const file = openSync(path, "w");
  writeSync(file, head);
  const bytes = shape.reduce((a, b) => a * b, 4);
  ftruncateSync(file, head.length + bytes);
  const page = new Float32Array(1024);
  for (let at = 0, n = 1; at + page.byteLength <= bytes; at += everyBytes, n++) {
    for (let i = 0; i < page.length; i++) page[i] = Math.sin(n * 0.7 + i);
    writeSync(file, page, 0, page.byteLength, head.length + at);
  }
  closeSync(file);
}
