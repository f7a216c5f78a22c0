import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandFolder } from "./command-line.js";
import { sampleValues, writeNpy } from "./sample-files.js";

const at = commandFolder();
const rows = 60_000;
const csv = `a,b,name\n${Array.from({ length: rows }, (_, i) => `${i % 101},${(i * 7) % 13},x`).join("\n")}\n`;

test("statistics hold of the data that they were taken of: by a sample, or by all", async () => {
  writeFileSync(join(at.folder, "cars.csv"), csv);
  for (const file of ["cars.npz", "cars.json"]) {
    expect((await at.run(`stats cars.csv --select b,a -o ${file} --quiet`)).code).toBe(0);
    for (const all of ["", " --all"]) {
      const { code, stdout, stderr } = await at.run(
        `verify ${file}${all} --json --quiet${file.endsWith("json") ? " --select b,a" : ""}`,
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const { holds, samples, of, readersNow } = JSON.parse(stdout);
      expect({ holds, of }).toEqual({ holds: true, of: rows });
      // The file is one chunk, which is decoded once: a sample of it would decode it as often as it has parts.
      expect(samples).toBe(rows);
      expect(readersNow[0]).toMatch(/^csv-parse/);
    }
  }
}, 120_000);

test("one value that has changed, another shape and other columns are found: exit code 5", async () => {
  const changed = csv.replace("\n0,0,x\n", "\n1,0,x\n");
  writeFileSync(join(at.folder, "changed.csv"), changed);
  const { code, stdout } = await at.run("verify cars.npz changed.csv --quiet");
  expect(code).toBe(5);
  expect(stdout).toContain("they do not hold");
  expect(stdout).toContain("samples 0 to 4095, channel a: the values have changed");
  const all = await at.run("verify cars.npz changed.csv --all --quiet");
  expect(all.code).toBe(5);
  expect(all.stdout).toMatch(/the digest is [0-9a-f]{64}, and was/);
  writeFileSync(join(at.folder, "short.csv"), csv.slice(0, csv.lastIndexOf("\n", csv.length - 2) + 1));
  const short = await at.run("verify cars.npz short.csv --quiet");
  expect(short.code).toBe(5);
  expect(short.stdout).toContain(`of shape [${rows - 1}, 2], and was of [${rows}, 2]`);
  expect((await at.run("verify cars.npz cars.csv --select a,b --quiet")).stdout).toContain("columns are a, b, and were b, a");
}, 120_000);

test("what cannot be verified is refused", async () => {
  const gone = await at.run("verify cars.npz gone.csv");
  expect(gone).toMatchObject({ code: 4, stdout: "" });
  expect((await at.run("stats cars.csv --select a --shard 0/2 -o part.npz --quiet")).code).toBe(0);
  const part = await at.run("verify part.npz");
  expect(part).toMatchObject({ code: 2 });
  expect(part.stderr).toContain("Merge the tables of all parts first.");
  const broken = readFileSync(join(at.folder, "cars.npz"));
  writeFileSync(join(at.folder, "broken.npz"), broken.subarray(0, broken.length - 50));
  expect((await at.run("verify broken.npz")).code).toBe(3);
}, 120_000);

const FILES = 96;
const name = (i: number) => `data/${String(i).padStart(3, "0")}.npy`;
const values = (i: number) => sampleValues(2 * 3 * 256, i + 1);
const write = (i: number, data = values(i)) => writeNpy(at.path(name(i)), [data.length / 768, 3, 16, 16], data);
/** As of one time, to the second. */
const settle = (i: number) => utimesSync(at.path(name(i)), 1.7e9, 1.7e9);
const other = (i: number) => values(i).map((value, at) => (at === 300 ? value + 1 : value));

test("a sample is read, and of a file that is not as it was always its samples: it is named", async () => {
  mkdirSync(at.path("data"));
  for (let i = 0; i < FILES; i++) {
    write(i);
    settle(i);
  }
  for (const output of ["data.npz", "data.json"]) await at.ok(`stats data -o ${output}`);
  const holds = await at.json("verify data.npz");
  expect(holds).toMatchObject({ holds: true, of: 2 * FILES, files: { of: FILES, changed: 0 } });
  expect(holds.samples).toBeLessThanOrEqual(4 * 3);
  // Whichever it is: chance would find it in one of sixteen runs.
  for (const i of [17, 50, 81]) {
    write(i, other(i));
    const found = await at.run("verify data.npz --json --quiet");
    expect(found.code).toBe(5);
    expect(JSON.parse(found.stdout)).toMatchObject({
      holds: false,
      reason: `sample ${2 * i} (${name(i)}), channel 1: the values have changed`,
      files: { of: FILES, changed: 1, first: [{ path: name(i).slice(5), change: "touched" }] },
    });
    expect(JSON.parse((await at.run("verify data.json --json --quiet")).stdout)).toMatchObject({
      holds: false,
      files: { changed: 1 },
    });
    write(i);
    // Its values are those that it had: only the time tells of it.
    const again = await at.json("verify data.npz");
    expect(again).toMatchObject({ holds: true, files: { changed: 1, first: [{ change: "touched" }] } });
    settle(i);
  }
}, 120_000);

test("files that are new, gone and of another size are named, whatever the shape", async () => {
  write(FILES);
  rmSync(at.path(name(3)));
  write(5, sampleValues(3 * 768));
  const { code, stdout } = await at.run("verify data.npz --quiet");
  expect(code).toBe(5);
  expect(stdout).toContain("they do not hold  the input is of shape [193, 3, 16, 16], and was of [192, 3, 16, 16]");
  expect(stdout).toMatch(/files +3 of 96 files are not as then\n/);
  for (const line of [
    "003.npy: gone: was 6.27 kB, ",
    "005.npy: changed: was 6.27 kB, ",
    "096.npy: new: was not there; is 6.27 kB, ",
  ]) {
    expect(stdout).toContain(`file              ${line}`);
  }
  expect(stdout).toMatch(/computed +\d{4}-\d\d-\d\dT.* by normstream \d+\.\d+\.\d+ on Node \d+/);
  expect(stdout).toMatch(/command +normstream stats data -o data.npz --quiet\n/);
  rmSync(at.path(name(FILES)));
  write(3);
  write(5);
}, 120_000);

test("data are opened as they were", async () => {
  writeFileSync(at.path("raw.bin"), sampleValues(12 * 5));
  await at.ok("stats raw.bin --shape 12,5 --dtype f4 -o raw.npz");
  expect(await at.json("verify raw.npz")).toMatchObject({ holds: true });
  writeFileSync(at.path("copy.bin"), sampleValues(12 * 5));
  expect(await at.json("verify raw.npz copy.bin")).toMatchObject({ holds: true, files: { of: 1, changed: 0 } });
});

test("the same values in another format are in other files", async () => {
  writeFileSync(at.path("same.bin"), sampleValues(12 * 5));
  writeNpy(at.path("same.npy"), [12, 5], sampleValues(12 * 5));
  await at.ok("stats same.npy -o same.npz");
  const { code, stdout } = await at.run("verify same.npz same.bin --shape 12,5 --dtype f4 --quiet");
  expect(code).toBe(0);
  expect(stdout).toMatch(/files +not compared: raw now, npy then\n/);
  expect(await at.json("verify same.npz same.bin --shape 12,5 --dtype f4")).toMatchObject({ holds: true, files: null });
});

test("info tells where a table comes from; damaged lineage is refused", async () => {
  expect(await at.json("info data.npz")).toMatchObject({
    lineage: {
      ...{ schema: "normstream/lineage/1", command: ["stats", "data", "-o", "data.npz", "--quiet"], input: "data", options: {} },
      ...{ format: "npy", dtype: "float32", nan: "propagate", bad: "error", readers: [], files: { count: FILES } },
    },
  });
  const summary = JSON.parse(readFileSync(at.path("data.json"), "utf8"));
  expect(summary.lineage.list.map((file: { path: string }) => file.path)).toEqual(
    Array.from({ length: FILES }, (_, i) => name(i).slice(5)),
  );
  for (const lineage of [{}, { ...summary.lineage, list: [1] }, { ...summary.lineage, schema: "normstream/lineage/2" }]) {
    writeFileSync(at.path("damaged.json"), JSON.stringify({ ...summary, lineage }));
    await at.fails("verify damaged.json", 3, "damaged.json:lineage: the l");
  }
});
