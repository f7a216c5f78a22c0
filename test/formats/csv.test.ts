import { openTensor } from "@normstream/formats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTable } from "./read-table.js";
import { expectError, scratchFolder } from "./scratch.js";

const scratch = scratchFolder();
const write = (text: string | Uint8Array) => scratch.write(".csv", text);

describe("a table in CSV", () => {
  it("is its columns of numbers, by their names", async () => {
    const table = await readTable(write("price,age\n27900,1\n25400.5,2\n"));
    expect(table).toMatchObject({ shape: [2, 2], dtype: "float64", layout: "NC", names: ["price", "age"] });
    expect(table.values).toEqual([27900, 1, 25400.5, 2]);
  });

  it.each([
    ["semicolons", "a;b\n1;2\n"],
    ["tabs", "a\tb\n1\t2\n"],
    ["a byte order mark, returns and no newline at its end", "\ufeffa,b\r\n1,2"],
    ["blank lines", "\n\na,b\n\n1,2\n\n\n"],
    ["quotes", '"a","b"\n"1","2"\n'],
  ])("may be written with %s", async (_, text) => {
    expect(await readTable(write(text))).toMatchObject({ names: ["a", "b"], values: [1, 2] });
  });

  it("has no names where all cells of its first row are numbers", async () => {
    expect(await readTable(write("1,2\n3,4\n"))).toMatchObject({ names: undefined, shape: [2, 2], values: [1, 2, 3, 4] });
  });

  it("has NaN where values are missing", async () => {
    const { values } = await readTable(write("a,b\n,NA\nnull,n/a\nNaN,inf\n1,-Infinity\n"));
    expect(values).toEqual([NaN, NaN, NaN, NaN, NaN, Infinity, 1, -Infinity]);
  });

  it("keeps newlines and delimiters in quotes", async () => {
    const path = write('name,x\n"a\nb,""c""",1\n"d",2\n');
    expect(await readTable(path, { select: "x" })).toMatchObject({ shape: [2, 1], values: [1, 2] });
  });

  it("refuses categories by their names, and says what can be chosen", async () => {
    const path = write("car,fuel,price\nAda,petrol,1\n");
    await expectError(() => openTensor(path), "usage", "the columns car, fuel are no numbers", "--select price");
  });

  it.each([
    ["a row with too few cells", "a,b\n1,2\n3\n", "line 3 has too few cells; expected 2, found 1"],
    ["a row with too many cells", "a,b\n1,2\n\n3,4,5\n", "line 4 has too many cells; expected 2, found 3"],
    ["too few after a cell of two lines", 'n,b\n"x\ny",2\n"z"\n', "line 4 has too few cells"],
  ])("refuses %s, with its line", async (_, text, message) => {
    await expectError(() => readTable(write(text), { select: "b" }), "data", message);
  });

  it("refuses a word among the numbers, with its line and column", async () => {
    const rows = Array.from({ length: 2000 }, (_, i) => (i === 1500 ? "7,1,5" : `${i},1`)).join("\n");
    await expectError(() => readTable(write(`a,b\n${rows}`)), "data", "line 1502 has too many cells");
    const words = Array.from({ length: 2000 }, (_, i) => (i === 1500 ? "x,1" : `${i},1`)).join("\n");
    await expectError(() => readTable(write(`a,b\n${words}`)), "data", "line 1502, column a: no number", '"x"');
  });

  it("refuses quotes that do not end, other encodings and empty tables", async () => {
    await expectError(() => openTensor(write('a,b\n1,2\n"3,4\n5,6\n')), "data");
    await expectError(() => openTensor(write(Buffer.from("\ufeffa,b\n1,2\n", "utf16le"))), "data", "not UTF-8");
    await expectError(() => openTensor(write("a,b\n")), "data", "the table has no rows");
  });

  it("is cut where rows begin, whatever they hold", async () => {
    const cell = fc.oneof(fc.double({ noNaN: true }).map(String), fc.constant(""), fc.integer().map(String));
    const text = fc.stringMatching(/^[a-z",\n\r ]{0,12}$/).map((s) => `"${s.replaceAll('"', '""')}"`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, text, cell), { minLength: 1, maxLength: 40 }),
        fc.constantFrom("\n", "\r\n"),
        fc.integer({ min: 1, max: 9 }),
        async (rows, newline, step) => {
          const lines = ["x,note,y", ...rows.map((row) => row.join(","))];
          // Enough rows for several chunks would be a MiB: the same rows again and again.
          const read = await readTable(write(lines.join(newline)), { select: "x,y", rows: step });
          const expected = rows.flatMap(([x, , y]) => [x, y].map((value) => (value === "" ? NaN : Number(value))));
          expect(read.values).toEqual(expected);
        },
      ),
      { seed: 6, numRuns: 60 },
    );
  });

  it("is read in chunks of about a MiB", async () => {
    const rows = 150_000;
    const path = write(
      `x,name,y\n${Array.from({ length: rows }, (_, i) => `${i},"a${i % 3 === 0 ? "\n" : ","}b",${i / 8}`).join("\n")}\n`,
    );
    const { values, storage } = await readTable(path, { select: "y,x", rows: 40_000 });
    expect(values.length).toBe(2 * rows);
    expect(values.every((value, i) => value === (i % 2 === 0 ? Math.floor(i / 2) / 8 : Math.floor(i / 2)))).toBe(true);
    expect(storage.chunkSamples).toBeLessThan(rows / 2);
  }, 120_000);
});
