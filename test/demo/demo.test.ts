import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { computeStatistics, openTensor } from "normstream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = mkdtempSync(join(tmpdir(), "normstream-demo-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(script: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const options = { cwd: folder, encoding: "utf8", env: { ...process.env, TMPDIR: folder, ...env } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "examples", script), ...args], options);
  return { status, stdout, stderr };
}

describe("the demo", () => {
  let demo: ReturnType<typeof run>;
  beforeAll(() => {
    demo = run("fashion-mnist/demo.mjs");
  });
  const numberAfter = (label: string) => Number(new RegExp(`^ +${label} +([\\d.]+)$`, "m").exec(demo.stdout)?.[1]);

  test("ends well, and says so", () => {
    expect(demo).toMatchObject({ status: 0, stderr: "" });
    expect(demo.stdout).toMatch(/^Checks: \d+ passed, 0 failed\. \d+\.\d s\n$/m);
    expect(demo.stdout).not.toContain("FAILED");
  });

  // Computed independently of Normstream; 1e-12 is the promise.
  test.each([
    ["mean", 73.14656658163265],
    ["variance", 8077.202697318776],
    ["std, pooled", Math.sqrt(8077.202697318776)],
    ["std, mean of instances", 81.56551032391702],
  ])("finds the %s of Fashion-MNIST's test set", (label, expected) => {
    expect(Math.abs(numberAfter(label) / expected - 1)).toBeLessThan(1e-12);
  });

  test("shows one digest on the calling thread, one worker and two", () => {
    const digests = [...demo.stdout.matchAll(/^ +(?:calling thread|\d worker threads?) +\d+ {3}([0-9a-f]{32})…$/gm)];
    expect(digests.map(([, digest]) => digest)).toEqual(Array(3).fill("a5cfeebc8cdb30166f5cf79664b254ac"));
  });

  test("finds another nearest car once the features count alike", () => {
    expect(demo.stdout).toMatch(/^ +as it is +Dorn 2 +3\.0 % +97\.0 % +0\.0000004 %$/m);
    expect(demo.stdout).toMatch(/^ +normalized +Dorn 4 +33\.3 % +33\.3 % +33\.3 %$/m);
  });

  test("fits 80 columns, without colours where there is no terminal", () => {
    expect(demo.stdout.split("\n").filter((line) => [...line].length > 80)).toEqual([]);
    expect(demo.stdout).not.toContain("\x1b");
  });

  test("leaves nothing behind", () => {
    expect(readdirSync(folder)).toEqual([]);
  });
});

test("a check that fails ends in exit code 1", () => {
  const script = `import { check, say, summary } from ${JSON.stringify(join(root, "examples", "terminal.mjs"))};
    check(true, "holds"); check(false, "does not hold"); say(summary());`;
  const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stdout).toContain("FAILED  does not hold");
  expect(stdout).toContain("Checks: 1 passed, 1 FAILED.");
});

test("cars.npy is what make-npy.mjs writes from cars.csv", () => {
  const output = join(folder, "cars.npy");
  expect(run("car-prices/make-npy.mjs", [output]).status).toBe(0);
  expect(readFileSync(output).equals(readFileSync(join(root, "examples", "car-prices", "cars.npy")))).toBe(true);
  rmSync(output);
});

test("cars.parquet is what make-parquet.mjs writes from cars.csv, and has the digest of cars.npy", async () => {
  const output = join(folder, "cars.parquet");
  expect(run("car-prices/make-parquet.mjs", [output]).status).toBe(0);
  const cars = (name: string) => join(root, "examples", "car-prices", name);
  expect(readFileSync(output).equals(readFileSync(cars("cars.parquet")))).toBe(true);
  rmSync(output);
  const select = "price_eur,mileage_km,age_years";
  const digests = new Set<string | null>();
  for (const [name, options] of [["cars.npy"], ["cars.csv", { select }], ["cars.parquet", { select }]] as const) {
    await using source = await openTensor(cars(name), options);
    using statistics = await computeStatistics(source);
    digests.add(statistics.digest);
  }
  expect(digests.size).toBe(1);
});

test("the car prices run alone", () => {
  const { status, stdout } = run("car-prices/car-prices.mjs");
  expect(status).toBe(0);
  expect(stdout).toContain("Checks: 1 passed, 0 failed.");
});

test("Fashion-MNIST keeps its licence notice beside it", () => {
  const notice = readFileSync(join(root, "examples", "fashion-mnist", "NOTICE"), "utf8");
  expect(notice).toContain("Copyright © 2017 Zalando SE");
  expect(notice).toContain("The above copyright notice and this permission notice shall be included");
});

describe("the learning example", () => {
  test("the loss falls, weight and bias move, and precise batch norm recognizes images", () => {
    const { status, stdout, stderr } = run("learning/learning.mjs");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const losses = Array.from(stdout.matchAll(/^ +\d+ to \d+ +([\d.]+)$/gm), ([, loss]) => Number(loss));
    expect(losses).toHaveLength(6);
    for (let i = 1; i < losses.length; i++) expect(losses[i]).toBeLessThan(losses[i - 1] as number);
    expect(stdout).toMatch(/^Checks: 3 passed, 0 failed\.$/m);
  });
});
