import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  compareStatistics,
  computeStatistics,
  createReport,
  decodeReport,
  encodeReport,
  openTensor,
  toSklearn,
} from "normstream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCommand } from "../faults/command.js";

const folder = mkdtempSync(join(tmpdir(), "normstream-names-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

async function runNormstream(args: readonly string[]) {
  const { ended: code, stdout, stderr } = await startCommand(args, { cwd: root }).outcome;
  return { code, stdout, stderr };
}

/** The HTML of a notebook's outputs. */
function htmlOf({
  cells,
}: {
  readonly cells: readonly { readonly outputs?: readonly { readonly data: Record<string, unknown> }[] }[];
}): string {
  const outputs = cells.flatMap((cell) => cell.outputs ?? []);
  return outputs.map(({ data }) => [data["text/html"]].flat().join("")).join("");
}

const HOSTILE = `</td></table><script>alert(1)</script><img src=x onerror="alert(2)">`;
const ESCAPES = "red\u001b[31mred\u202eder";
const LONG = "a very long name of a column that nobody wants to read to its end, ever";

/** A table whose columns are called so; the last but one is constant. */
function table(name: string, columns: readonly string[], rows = 200): string {
  const quoted = columns.map((column) => `"${column.replaceAll('"', '""')}"`).join(",");
  const lines = Array.from({ length: rows }, (_, n) =>
    columns.map((_, c) => (c === columns.length - 2 ? 7 : ((n * (c + 3) * 7919) % 101) - c)).join(","),
  );
  writeFileSync(at(name), `${quoted}\n${lines.join("\n")}\n`);
  return at(name);
}

let path: string;
beforeAll(() => {
  path = table("names.csv", ["price", HOSTILE, ESCAPES, "constant", LONG]);
});

describe("a report of a table", () => {
  test("tells the names of its columns: cut, without what does not show, and through its JSON", async () => {
    await using source = await openTensor(path);
    const report = await createReport(source);
    const read = decodeReport(JSON.stringify(encodeReport(report)));
    expect(read.channels.names).toEqual([
      "price",
      `${HOSTILE.slice(0, 39)}…`,
      "red [31mred der",
      "constant",
      `${LONG.slice(0, 39)}…`,
    ]);
    expect(report.text.plain).toMatch(/^ *price {2,}/m);
    expect(report.findings.find(({ code }) => code === "constant-channels")?.evidence).toContain("constant is 7 throughout");
    // Statistics of a live run, and of data without names, have none.
    await using plain = await openTensor(join(root, "examples", "car-prices", "cars.npy"));
    expect((await createReport(plain)).channels.names).toBe(undefined);
  });

  test("of ten thousand columns has no names, and of a thousand short ones", async () => {
    for (const [count, longest] of [
      [1000, 16],
      [3000, 0],
    ] as const) {
      await using source = await openTensor(
        table(
          `${count}.csv`,
          Array.from({ length: count }, (_, c) => `列の名前はとても長いです${c}`.padEnd(30, "長")),
          3,
        ),
      );
      const report = await createReport(source);
      const json = JSON.stringify(encodeReport(report));
      expect(Buffer.byteLength(json)).toBeLessThan(256 * 1024);
      expect(report.channels.names === undefined ? 0 : Math.max(...report.channels.names.map((name) => [...name].length))).toBe(
        longest,
      );
    }
  });

  test.each(["html", "ipynb", "svg"])("as .%s shows them as text alone", async (extension) => {
    const output = at(`names.${extension}`);
    const { code, stderr } = await runNormstream(["report", path, "-o", output, "--quiet"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const text = readFileSync(output, "utf8");
    // What is JSON in a notebook is text to who draws it: its HTML is what scripts could run in.
    const written = extension === "ipynb" ? htmlOf(JSON.parse(text)) : text;
    if (extension !== "svg") expect(written).toContain("price");
    expect(written).not.toContain("<script>alert(1)");
    expect(written).not.toContain("<img src=x");
    expect(written).not.toContain("der\u202e");
    expect(written).not.toContain("red\u202e");
  });

  test("a list of names of another length is no report", async () => {
    await using source = await openTensor(path);
    const json = JSON.parse(JSON.stringify(encodeReport(await createReport(source))));
    json.channels.names.pop();
    expect(() => decodeReport(JSON.stringify(json))).toThrow('"channels.names" is wrong; expected a list of 5');
    json.channels.names = [1, 2, 3, 4, 5];
    expect(() => decodeReport(JSON.stringify(json))).toThrow('"channels.names[0]" is wrong');
  });
});

test("a terminal gets no escapes from them", async () => {
  for (const line of [
    ["stats", path],
    ["report", path],
    ["compare", path, path],
  ]) {
    const { code, stdout } = await runNormstream(line);
    expect(code).toBe(0);
    expect(stdout).toContain("price");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  }
});

test("a comparison and a StandardScaler tell them", async () => {
  await using source = await openTensor(path, { select: "price" });
  using statistics = await computeStatistics(source);
  const { channels } = await compareStatistics(statistics, statistics);
  expect(channels.map(({ name }) => name)).toEqual(["price"]);
  expect(toSklearn(statistics).attributes.feature_names_in_).toEqual(["price"]);
  for (const stored of ["cars.npz", "cars.json"]) {
    const line = ["stats", "examples/car-prices/cars.csv", "--select", "price_eur,age_years", "-o", at(stored), "--quiet"];
    expect((await runNormstream(line)).code).toBe(0);
    const output = at(`${stored}.scaler.json`);
    expect((await runNormstream(["export", at(stored), "--to", "sklearn", "-o", output, "--quiet"])).code).toBe(0);
    expect(JSON.parse(readFileSync(output, "utf8")).feature_names_in_).toEqual(["price_eur", "age_years"]);
  }
});
