import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { afterAll } from "vitest";
import { createInlineEngine, type PlanOptions, type Statistics, statisticsOf, tensorIn, writeTable } from "../src/index.js";

/** A folder of its own for a test file, and statistics of sample values in it. */
export function tableFolder() {
  const folder = mkdtempSync(join(tmpdir(), "normstream-tables-"));
  const engine = createInlineEngine();
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  let next = 0;
  const fresh = (extension = ".npz") => join(folder, `${next++}${extension}`);

  /** Statistics of float32 values `[N, C, S]`; disposed by the caller. */
  async function statistics(shape: readonly number[], values: ArrayLike<number>, options: PlanOptions = {}): Promise<Statistics> {
    using tensor = tensorIn(engine, shape, "float32", { data: values });
    return await statisticsOf(tensor, engine, options);
  }

  /** The table of such values in a file. */
  async function table(shape: readonly number[], values: ArrayLike<number>, options: PlanOptions = {}): Promise<string> {
    const path = fresh();
    using made = await statistics(shape, values, options);
    await writeTable(path, made);
    return path;
  }

  return { folder, fresh, statistics, table };
}

/** Numbers that look random and are the same everywhere, in [−2, 2). */
export function sampleValues(length: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 30 - 2;
  });
}

/** A zip archive of deflated members, as `numpy.savez_compressed` would pack them. */
export function deflatedArchive(members: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  for (const [name, data] of Object.entries(members)) {
    const packed = deflateRawSync(data);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.of(0x50, 0x4b, 3, 4), common, Buffer.from(name)]);
    const record = Buffer.concat([Buffer.of(0x50, 0x4b, 1, 2, 20, 0), common, Buffer.alloc(14), Buffer.from(name)]);
    record.writeUInt32LE(position, 42);
    parts.push(local, packed);
    directory.push(record);
    position += local.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(position, 16);
  return Buffer.concat([...parts, ...directory, end]);
}
