import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandFolder } from "./command-line.js";

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
      expect(samples === rows).toBe(all !== "" || file === "cars.json");
      expect(readersNow[0]).toMatch(/^csv-parse/);
    }
  }
}, 60_000);

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
}, 60_000);

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
}, 60_000);
