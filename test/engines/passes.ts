import { ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTensor } from "@normstream/formats";
import { type Engine, PASS_FLAGS, type Pass, planStatistics, type Rect, type ShardTask } from "@normstream/pipeline";
import type { StoredTensor } from "@normstream/tensor";
import { afterAll } from "vitest";

let lastPass = 1_000_000;

/** A pass over statistics and its shards, made by hand as `computeStatistics` would, so that an engine can be driven shard by shard. */
export function statisticsPass(engine: Engine, source: StoredTensor, shardBytes?: number): { pass: Pass; tasks: ShardTask[] } {
  const plan = planStatistics(source, engine, { shardBytes });
  const { name, shape, dtype, layout, order, bigEndian, storage } = source;
  if (storage.kind === "stream") throw new Error("streams are fed, not opened");
  const pass: Pass = {
    kind: "statistics",
    ofImages: false,
    id: ++lastPass,
    source: { name, shape, dtype, layout, order, bigEndian, storage },
    geometry: plan.geometry,
    table: plan.table,
    step: plan.step,
    buffers: plan.buffers,
    flags: new Int32Array(new SharedArrayBuffer(4 * PASS_FLAGS.length)),
    nan: "propagate",
    repeatable: true,
  };
  const tasks = Array.from({ length: plan.grid.length }, (_, index): ShardTask => {
    const rect: Rect = plan.grid.at(index);
    const first = rect.block * plan.geometry.channels * plan.geometry.planeSize * 4;
    return { pass: pass.id, index, rect, ...(storage.kind === "memory" ? { pointer: storage.byteOffset + first } : {}) };
  });
  return { pass, tasks };
}

/** Float32 files for engines to read, removed when the test file's tests are done. */
export function scratchFiles() {
  const folder = mkdtempSync(join(tmpdir(), "normstream-engines-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let next = 0;
  return {
    folder,
    async floats(shape: readonly number[], valueAt: (i: number) => number) {
      const path = join(folder, `${next++}.bin`);
      writeFileSync(
        path,
        Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => valueAt(i)),
      );
      return { path, source: await openTensor(path, { shape, dtype: "float32", layout: "NCL" }) };
    },
    /** A file of zeros that takes no room on disk. */
    async zeros(shape: readonly number[]) {
      const path = join(folder, `${next++}.bin`);
      ftruncateSync(openSync(path, "w"), 4 * shape.reduce((a, b) => a * b));
      return { path, source: await openTensor(path, { shape, dtype: "float32", layout: "NCL" }) };
    },
  };
}
