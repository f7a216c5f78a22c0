import { readFileSync, writeFileSync } from "node:fs";
import { openTensor, readZipMember, writeNpz } from "@normstream/formats";
import { describe, expect, test } from "vitest";
import { findTableMeta, mergeTables } from "../src/index.js";
import { parseTableMeta, type TableMeta } from "../src/table-meta.js";
import { deflatedArchive, sampleValues, tableFolder } from "./table-samples.js";

const at = tableFolder();
const values = sampleValues(5 * 2 * 300);
const SHAPE = [5, 2, 300];

test("a table comes back with its rows and its description", async () => {
  const path = await at.table(SHAPE, values, { part: { index: 1, of: 2 } });
  using part = await at.statistics(SHAPE, values, { part: { index: 1, of: 2 } });
  await using rows = await openTensor(path);
  expect(rows).toMatchObject({ shape: [3, 2, 8], dtype: "float64", order: "C", bigEndian: false });
  expect(await findTableMeta(path)).toEqual({
    ...{ input: "tensor", shape: SHAPE, dtype: "float32", layout: "NCL", nan: "propagate", digest: part.digest },
    ...{ samples: 3, channels: 2, planeSize: 300, grain: 1, batchSize: 0, firstSample: 2, totalSamples: 5 },
  });
});

/** Both members of a table, to be packed again. */
async function membersOf(path: string): Promise<{ "table.npy": Uint8Array; "meta.json": Uint8Array }> {
  return { "table.npy": await readZipMember(path, "table.npy"), "meta.json": await readZipMember(path, "meta.json") };
}

test("a table that was packed again, deflated, is the same table", async () => {
  // More rows than one band holds, so that bands and chunks of the stream cross.
  const many = sampleValues(70_000);
  const path = await at.table([70_000, 1], many, { perInstance: true });
  const packed = at.fresh();
  writeFileSync(packed, deflatedArchive(await membersOf(path)));
  using stored = await mergeTables([path]);
  using deflated = await mergeTables([packed]);
  expect(deflated.digest).toBe(stored.digest);
  expect(Buffer.compare(Buffer.from(deflated.rows().buffer), Buffer.from(stored.rows().buffer))).toBe(0);
});

describe("a damaged table is found out", () => {
  test("a changed bit anywhere in the rows, where no CRC is looked at", async () => {
    const path = await at.table(SHAPE, values);
    const bytes = readFileSync(path);
    const start = bytes.indexOf("\n", bytes.indexOf("NUMPY")) + 1;
    for (let bit = 0; bit < 5 * 2 * 64 * 8; bit += 331) {
      const damaged = Buffer.from(bytes);
      const place = start + (bit >> 3);
      damaged.writeUInt8(damaged.readUInt8(place) ^ (1 << (bit & 7)), place);
      const copy = at.fresh();
      writeFileSync(copy, damaged);
      await expect(mergeTables([copy])).rejects.toMatchObject({ kind: "data", message: expect.stringContaining("digest") });
    }
  });

  test.each([
    ["the rows are missing", { "meta.json": true }],
    ["the description is missing", { "table.npy": true }],
  ])("%s", async (_, kept) => {
    const members = await membersOf(await at.table(SHAPE, values));
    const path = at.fresh();
    await writeNpz(path, Object.fromEntries(Object.entries(members).filter(([name]) => name in kept)));
    await expect(mergeTables([path])).rejects.toMatchObject({ name: "NormstreamError" });
  });

  test("the rows are those of another table", async () => {
    const mine = await membersOf(await at.table(SHAPE, values));
    const other = await membersOf(await at.table([4, 2, 300], values.subarray(0, 2400)));
    const path = at.fresh();
    await writeNpz(path, { ...mine, "table.npy": other["table.npy"] });
    await expect(mergeTables([path])).rejects.toMatchObject({
      kind: "data",
      message: expect.stringContaining("expected [5, 2, 8]"),
    });
  });
});

test("an archive of anything else is not taken for a table", async () => {
  const path = at.fresh();
  await writeNpz(path, { "meta.json": Buffer.from('{"author": "me"}') });
  expect(await findTableMeta(path)).toBeUndefined();
  const error = await mergeTables([path]).catch((caught) => caught);
  expect(error).toMatchObject({ kind: "data", message: expect.stringContaining("holds no table of moments") });
});

describe("the description", () => {
  const meta: TableMeta & { schema: string } = {
    ...{ schema: "normstream/table/1", input: "x.npy", shape: [5, 2, 300], dtype: "float32", layout: "NCL" },
    ...{ samples: 3, channels: 2, planeSize: 300, grain: 1, batchSize: 0, firstSample: 2, totalSamples: 5 },
    ...{ nan: "omit", digest: "0".repeat(64) },
  };

  test("is read as it was written", () => {
    const { schema: _, ...fields } = meta;
    expect(parseTableMeta(JSON.stringify(meta), "x.npz")).toEqual(fields);
  });

  test.each(["", "[]", "null", "1", "{", '{"schema": "other/1"}'])("%j is another program's", (text) => {
    expect(parseTableMeta(text, "x.npz")).toBeUndefined();
  });

  test.each([
    [{ schema: "normstream/table/2" }, "another version"],
    [{ shape: [5, -2, 300] }, '"shape" is wrong'],
    [{ shape: [5, 2] }, "contradicts itself"],
    [{ shape: [5, 3, 300] }, "contradicts itself"],
    [{ dtype: "float128" }, '"dtype" is wrong'],
    [{ layout: "CN" }, '"layout" is wrong'],
    [{ nan: "maybe" }, '"nan" is wrong'],
    [{ samples: 1.5 }, '"samples" is wrong'],
    [{ samples: 4 }, "contradicts itself"],
    [{ grain: 0 }, "contradicts itself"],
    [{ grain: 3 }, "contradicts itself"],
    [{ batchSize: 2 }, "contradicts itself"],
    [{ digest: null }, '"digest" is wrong'],
    [{ input: undefined }, '"input" is wrong'],
  ])("%j is refused", (change, message) => {
    const text = JSON.stringify({ ...meta, ...change });
    expect(() => parseTableMeta(text, "x.npz")).toThrow(message);
    expect(() => parseTableMeta(text, "x.npz")).toThrow("x.npz:meta.json");
  });
});
