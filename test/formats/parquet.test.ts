import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTensor } from "@normstream/formats";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { readTable } from "./read-table.js";
import { expectError, scratchFolder } from "./scratch.js";
import { arrowTable, Compression, Encoding, listTable, parquet } from "./written-tables.js";

const scratch = scratchFolder();

const ROWS = 3000;
const range = <T>(make: (i: number) => T): T[] => Array.from({ length: ROWS }, (_, i) => make(i));
const ints = range((i) => (i * 37) % 251);
const floats = range((i) => Math.fround(Math.sin(i) * 10));
const doubles = range((i) => Math.cos(i) / 3);
const mixed = arrowTable({
  price: { type: "int32", values: range((i) => i * 7 - 4000) },
  weight: { type: "float64", values: doubles },
});
const mixedValues = range((i) => [i * 7 - 4000, doubles[i] as number]).flat();

describe("a table in Parquet", () => {
  it("is its columns of numbers, by their names", async () => {
    const path = scratch.write("mixed.parquet", parquet(mixed));
    const table = await readTable(path);
    expect(table).toMatchObject({ shape: [ROWS, 2], dtype: "float64", layout: "NC", names: ["price", "weight"] });
    expect(table.values).toEqual(mixedValues);
  });

  it("reads the columns that are chosen, in their order", async () => {
    const path = scratch.write("chosen.parquet", parquet(mixed));
    const { names, values } = await readTable(path, { select: "weight,price" });
    expect(names).toEqual(["weight", "price"]);
    expect(values.slice(0, 2)).toEqual([doubles[0], -4000]);
  });

  const codecs = ["UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4_RAW"] as const;
  it.each(codecs)("unpacks %s", async (codec) => {
    const path = scratch.write(`${codec}.parquet`, parquet(mixed, { compression: Compression[codec] }));
    expect((await readTable(path)).values).toEqual(mixedValues);
  });

  const encodings = ["PLAIN", "DELTA_BINARY_PACKED"] as const;
  for (const version2 of [false, true]) {
    it.each(encodings)(`decodes %s, pages of version ${version2 ? 2 : 1}`, async (name) => {
      const table = arrowTable({ a: { type: "int64", values: range((i) => BigInt(i * i - 77)) } });
      const path = scratch.write(`${name}-${version2}.parquet`, parquet(table, { encoding: Encoding[name], version2 }));
      expect(await readTable(path)).toMatchObject({ dtype: "float64", values: range((i) => i * i - 77) });
    });
  }

  it("decodes BYTE_STREAM_SPLIT and dictionaries of floats", async () => {
    for (const encoding of ["BYTE_STREAM_SPLIT", "RLE_DICTIONARY", "PLAIN"] as const) {
      const buffer = parquetWriteBuffer({
        columnData: [{ name: "x", data: Float32Array.from(floats), type: "FLOAT", nullable: false, encoding }],
        rowGroupSize: 1000,
      });
      const path = scratch.write(`${encoding}.parquet`, new Uint8Array(buffer));
      expect(await readTable(path), encoding).toMatchObject({ dtype: "float32", values: floats });
    }
  });

  it.each(["uint8", "int8", "uint16", "int16", "int32", "float32", "float64"] as const)("keeps %s as it is", async (type) => {
    const values = range((i) => i % 100);
    const path = scratch.write(`${type}.parquet`, parquet(arrowTable({ x: { type, values } })));
    expect(await readTable(path)).toMatchObject({ dtype: type, values });
  });

  it("widens to what holds all columns exactly", async () => {
    const dtypeOf = async (...types: ("uint8" | "int8" | "int16" | "int32" | "uint32" | "float32" | "uint16")[]) => {
      const columns = Object.fromEntries(types.map((type, i) => [`${type}${i}`, { type, values: [1, 2, 3] }]));
      return (await readTable(scratch.write(".parquet", parquet(arrowTable(columns))))).dtype;
    };
    expect(await dtypeOf("uint8", "int8")).toBe("int16");
    expect(await dtypeOf("uint16", "int8")).toBe("int32");
    expect(await dtypeOf("uint8", "float32")).toBe("float32");
    expect(await dtypeOf("int32", "float32")).toBe("float64");
    expect(await dtypeOf("uint32")).toBe("float64");
  });

  it("has NaN where values are missing", async () => {
    const values = range((i) => (i % 5 === 2 ? null : i % 90));
    const path = scratch.write("nulls.parquet", parquet(arrowTable({ x: { type: "int16", values } }), { rowsPerGroup: 700 }));
    const table = await readTable(path);
    expect(table.dtype).toBe("float32");
    expect(table.values).toEqual(values.map((value) => value ?? Number.NaN));
  });

  it("reads row groups and pages in parts of any size", async () => {
    const table = arrowTable({ a: { type: "uint8", values: ints }, b: { type: "uint8", values: ints.map((i) => 250 - i) } });
    const path = scratch.write("groups.parquet", parquet(table, { rowsPerGroup: 128, pageBytes: 100 }));
    const expected = ints.flatMap((i) => [i, 250 - i]);
    for (const rows of [1, 100, 129, ROWS]) expect((await readTable(path, { rows })).values, `${rows}`).toEqual(expected);
    expect((await readTable(path)).storage.chunkSamples).toBe(128);
  });

  it("reads a column of lists by the shape that it carries", async () => {
    const pixels = Uint8Array.from({ length: 60 * 12 }, (_, i) => (i * 31) % 256);
    const forms = [
      { table: listTable("uint8", pixels, [12]), shape: [60, 12], layout: "NC" },
      { table: listTable("uint8", pixels, [4, 3], { tensor: ["H", "W"], rowsPerBatch: 25 }), shape: [60, 4, 3], layout: "NHW" },
      { table: listTable("uint8", pixels, [4, 3]), shape: [60, 4, 3], layout: "NCL" },
      { table: listTable("uint8", pixels, [2, 3, 2], { tensor: ["C", "H", "W"] }), shape: [60, 2, 3, 2], layout: "NCHW" },
    ];
    for (const [i, { table, shape, layout }] of forms.entries()) {
      const path = scratch.write(`list${i}.parquet`, parquet(table, { rowsPerGroup: 17 }));
      const read = await readTable(path, { rows: 13 });
      expect(read).toMatchObject({ shape, layout, dtype: "uint8", names: undefined });
      expect(read.values).toEqual([...pixels]);
    }
  });

  it("refuses categories by their names, and says what can be chosen", async () => {
    const table = arrowTable({
      car: { type: "text", values: ["a", "b"] },
      fuel: { type: "text", values: ["c", "d"] },
      price: { type: "float64", values: [1, 2] },
    });
    const path = scratch.write("cars.parquet", parquet(table));
    await expectError(() => openTensor(path), "usage", "the columns car, fuel are no numbers", "--select price");
    await expectError(() => openTensor(path, { select: "car" }), "usage", "the column car is no numbers but text");
    await expectError(() => openTensor(path, { select: "age" }), "usage", 'no column "age"', "car, fuel, price");
    expect((await readTable(path, { select: "price" })).values).toEqual([1, 2]);
  });

  it("refuses integers that float64 does not hold", async () => {
    const table = arrowTable({ id: { type: "int64", values: [1n, 2n ** 60n + 1n] } });
    const path = scratch.write("large.parquet", parquet(table));
    await expectError(() => readTable(path), "data", "row 1, column id", "1152921504606846977", "2^53");
  });

  it("refuses what is damaged", async () => {
    const good = parquet(mixed, { compression: Compression.ZSTD });
    await expectError(() => openTensor(scratch.write("cut.parquet", good.subarray(0, 5000))), "data", "ends before its footer");
    const long = good.slice();
    new DataView(long.buffer).setUint32(long.length - 8, 0x7fffffff, true);
    await expectError(() => openTensor(scratch.write("long.parquet", long)), "data", "footer is longer than the file");
    const footer = good.slice();
    footer.fill(0xff, footer.length - 300, footer.length - 8);
    await expectError(() => openTensor(scratch.write("footer.parquet", footer)), "data");
    const pages = good.slice();
    pages.fill(0xa5, 30, 2000);
    const path = scratch.write("pages.parquet", pages);
    await expectError(() => readTable(path), "data", "rows 0 to 2999 cannot be decoded", path);
    const sealed = good.slice();
    sealed.set(Buffer.from("PARE"), sealed.length - 4);
    await expectError(() => openTensor(scratch.write("sealed.parquet", sealed)), "data", "encrypted");
  });

  it("joins the files of a folder", async () => {
    const folder = join(scratch.folder, "parts");
    mkdirSync(folder);
    for (const part of [0, 1, 2]) {
      const from = part * 1000;
      const table = arrowTable({
        a: { type: "float32", values: floats.slice(from, from + 1000) },
        c: { type: "text", values: Array.from({ length: 1000 }, () => "x") },
      });
      writeFileSync(join(folder, `${part}.parquet`), parquet(table));
    }
    await using source = await openTensor(folder, { select: "a" });
    expect(source).toMatchObject({ shape: [ROWS, 1], channelNames: ["a"] });
  });
});
