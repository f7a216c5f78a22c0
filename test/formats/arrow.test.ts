import { openTensor } from "@normstream/formats";
import { describe, expect, it } from "vitest";
import { readTable } from "./read-table.js";
import { expectError, scratchFolder } from "./scratch.js";
import { arrowTable, ipc, listTable } from "./written-tables.js";

const scratch = scratchFolder();
const ROWS = 500;
const range = <T>(make: (i: number) => T): T[] => Array.from({ length: ROWS }, (_, i) => make(i));

const table = arrowTable(
  {
    age: { type: "int16", values: range((i) => i - 250) },
    car: { type: "text", values: range((i) => `car ${i}`) },
    price: { type: "float32", values: range((i) => (i % 7 === 3 ? null : i / 4)) },
    id: { type: "int64", values: range((i) => BigInt(i)) },
  },
  120,
);

describe.each(["file", "stream"] as const)("a table in an Arrow %s", (format) => {
  it("is the columns that are chosen, batch by batch", async () => {
    const path = scratch.write(`table-${format}.arrow`, ipc(table, format));
    const read = await readTable(path, { select: "age,price", rows: 77 });
    expect(read).toMatchObject({ shape: [ROWS, 2], dtype: "float32", layout: "NC", names: ["age", "price"] });
    expect(read.values).toEqual(range((i) => [i - 250, i % 7 === 3 ? Number.NaN : i / 4]).flat());
    expect(read.storage.chunkSamples).toBe(120);
  });

  it("is told by its bytes, whatever its name", async () => {
    const path = scratch.write(`table-${format}`, ipc(table, format));
    expect(await readTable(path, { select: "id" })).toMatchObject({ dtype: "float64", values: range((i) => i) });
  });

  it("reads a column of lists by the shape that it carries", async () => {
    const pixels = Int16Array.from({ length: 50 * 6 }, (_, i) => i * 9 - 700);
    const path = scratch.write(`lists-${format}.arrow`, ipc(listTable("int16", pixels, [2, 3], { rowsPerBatch: 20 }), format));
    expect(await readTable(path, { rows: 7 })).toMatchObject({ shape: [50, 2, 3], dtype: "int16", values: [...pixels] });
    const tensor = scratch.write(
      `tensor-${format}.arrow`,
      ipc(listTable("int16", pixels, [2, 3], { tensor: ["height", "width"] }), format),
    );
    expect(await readTable(tensor)).toMatchObject({ shape: [50, 2, 3], layout: "NHW", values: [...pixels] });
  });

  it("refuses data that end early, or are no messages", async () => {
    const bytes = ipc(table, format);
    const cut = scratch.write(`cut-${format}.arrow`, bytes.subarray(0, Math.floor(bytes.length / 2)));
    await expectError(() => openTensor(cut, { select: "age" }), "data", "end early");
    const odd = bytes.slice();
    new DataView(odd.buffer, odd.byteOffset).setInt32(format === "file" ? 12 : 4, 1 << 30, true);
    await expectError(() => openTensor(scratch.write(`odd-${format}.arrow`, odd), { select: "age" }), "data", "no Arrow message");
  });
});

it("refuses categories by their names", async () => {
  const path = scratch.write("names.arrow", ipc(table, "file"));
  await expectError(() => openTensor(path), "usage", "the column car is no numbers but text", "--select age,price,id");
});
