import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { computeStatistics, createPool, normalize, openTensor } from "normstream";
import { readParquet } from "parquet-wasm/node";
import { afterAll, describe, expect, it } from "vitest";
import { arrowTable, ipc, listTable, parquet } from "./written-tables.js";

const folder = mkdtempSync(join(tmpdir(), "normstream-tables-"));
const pool = createPool({ threads: 2, memory: "128MB" });
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});
const write = (name: string, bytes: Uint8Array | string) => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

const [N, H, W] = [1500, 28, 28];
const pixels = Uint8Array.from({ length: N * H * W }, (_, i) => (i * i * 31 + (i >> 7)) % 256);

function npy(descr: string, shape: string, data: Uint8Array): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  const header = text.padEnd(117, " ").concat("\n");
  return Buffer.concat([Buffer.from("\x93NUMPY\x01\0", "latin1"), Buffer.from([header.length, 0]), Buffer.from(header), data]);
}

function idx(data: Uint8Array, ...shape: number[]): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [i, extent] of shape.entries()) header.writeUInt32BE(extent, 4 + 4 * i);
  return Buffer.concat([header, data]);
}

async function digestOf(path: string, options: Parameters<typeof openTensor>[1] = {}): Promise<string> {
  await using source = await openTensor(path, options);
  using statistics = await computeStatistics(source, { pool });
  return statistics.digest;
}

describe("the same values", () => {
  it("as .npy, IDX, Arrow and Parquet give one digest", async () => {
    const expected = await digestOf(write("pixels.npy", npy("|u1", `(${N}, ${H}, ${W})`, pixels)), { layout: "NHW" });
    const tensor = (rowsPerBatch: number) => listTable("uint8", pixels, [H, W], { tensor: ["H", "W"], rowsPerBatch });
    const nested = listTable("uint8", pixels, [H, W]);
    const forms: [string, string, Parameters<typeof openTensor>[1]?][] = [
      ["IDX", write("pixels.idx", idx(pixels, N, H, W))],
      ["Arrow file", write("file.arrow", ipc(tensor(400), "file"))],
      ["Arrow stream", write("stream.arrow", ipc(tensor(N), "stream"))],
      ["Parquet", write("tensor.parquet", parquet(tensor(N), { rowsPerGroup: 333 }))],
      ["Parquet, nested lists", write("nested.parquet", parquet(nested)), { layout: "NHW" }],
    ];
    for (const [form, path, options] of forms) expect(await digestOf(path, options), form).toBe(expected);
  }, 120_000);

  it("of a table as .npy, CSV, Arrow and Parquet give one digest", async () => {
    const rows = 20_000;
    const columns = [0, 1, 2].map((c) => Array.from({ length: rows }, (_, i) => Math.sin(i * (c + 1)) * 10 ** c));
    const flat = Float64Array.from({ length: rows * 3 }, (_, i) => columns[i % 3]?.[Math.floor(i / 3)] as number);
    const expected = await digestOf(write("table.npy", npy("<f8", `(${rows}, 3)`, new Uint8Array(flat.buffer))));
    const table = arrowTable(
      Object.fromEntries(columns.map((values, c) => [`c${c}`, { type: "float64", values } as const])),
      7000,
    );
    const csv = Array.from({ length: rows }, (_, i) => columns.map((values) => values[i]).join(",")).join("\n");
    expect(await digestOf(write("table.csv", `c0,c1,c2\n${csv}\n`))).toBe(expected);
    expect(await digestOf(write("table.arrow", ipc(table, "file")))).toBe(expected);
    expect(await digestOf(write("table.parquet", parquet(table, { rowsPerGroup: 3000, pageBytes: 4000 })))).toBe(expected);
  }, 120_000);
});

it("tables say what their columns are called, and leave out what is missing", async () => {
  await using source = await openTensor(write("cars.csv", "price,age\n10,1\n,2\n20,3\n"));
  expect(source.channelNames).toEqual(["price", "age"]);
  using statistics = await computeStatistics(source, { pool });
  expect(statistics.facts.channelNames).toEqual(["price", "age"]);
  expect([...statistics.mean]).toEqual([15, 2]);
  expect([...statistics.count]).toEqual([2, 3]);
});

describe("a normalized table in Parquet", () => {
  it("has the columns' names and the values of its .npy, and is read again", async () => {
    const rows = 50_000;
    const text = Array.from({ length: rows }, (_, i) => `${i % 97},${Math.sin(i)},${i % 5 === 0 ? "" : i}`).join("\n");
    const cars = write("to-parquet.csv", `speed,"height, m",count\n${text}\n`);
    await using source = await openTensor(cars);
    const [asNpy, asParquet] = [join(folder, "out.npy"), join(folder, "out.parquet")];
    await normalize(source, { by: "batch" }).to(asNpy, { pool });
    await normalize(source, { by: "batch" }).to(asParquet, { pool });
    await using written = await openTensor(asParquet);
    expect(written).toMatchObject({ shape: [rows, 3], dtype: "float64", channelNames: ["speed", "height, m", "count"] });
    expect(await digestOf(asParquet)).toBe(await digestOf(asNpy));
    // Read by another implementation too.
    const peer = readParquet(readFileSync(asParquet)).intoIPCStream();
    const table = tableFromIPC(peer);
    expect(table.numRows).toBe(rows);
    const values = readFileSync(asNpy);
    const flat = new Float64Array(values.buffer.slice(values.byteOffset + 128, values.byteOffset + values.length));
    for (const [c, name] of ["speed", "height, m", "count"].entries()) {
      const column = table.getChild(name)?.toArray() as Float64Array;
      expect(column.every((value, i) => Object.is(value, flat[i * 3 + c]))).toBe(true);
    }
    expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);
  }, 120_000);

  it("is refused for other shapes, and for 16-bit floats; a file that is there is kept", async () => {
    const path = join(folder, "refused.parquet");
    await using images = await openTensor(join(folder, "pixels.idx"));
    await expect(normalize(images, { by: "batch" }).to(path, { pool })).rejects.toThrow(
      "a Parquet file holds a table; expected [N, C]",
    );
    await using table = await openTensor(write("some.csv", "a\n1\n2\n"));
    await expect(normalize(table, { by: "batch", outDType: "float16" }).to(path, { pool })).rejects.toThrow(
      "--out-dtype f32 or f64",
    );
    writeFileSync(path, "mine");
    await expect(normalize(table, { by: "batch" }).to(path, { pool })).rejects.toThrow("the file exists");
    expect(readFileSync(path, "utf8")).toBe("mine");
    expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);
  }, 120_000);
});
