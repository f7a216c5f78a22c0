import { beforeAll, describe, expect, test } from "vitest";
import { commandFolder } from "./command-line.js";
import { sampleValues, writeNpy, writeSample } from "./sample-files.js";
import { checkStatistics } from "./statistics-schema.js";

const at = commandFolder();

beforeAll(async () => {
  const values = sampleValues(12 * 768);
  writeNpy(at.path("monday.npy"), [7, 3, 16, 16], values.subarray(0, 7 * 768));
  writeNpy(at.path("tuesday.npy"), [5, 3, 16, 16], values.subarray(7 * 768));
  writeNpy(at.path("both.npy"), [12, 3, 16, 16], values);
  writeSample(at.path("rows.npy"), [9000, 3], 2);
  writeSample(at.path("wide.npy"), [4, 4, 16, 16]);
  for (const name of ["monday", "tuesday", "both"]) {
    await at.ok(`stats ${name}.npy -o ${name}.npz`);
    await at.ok(`stats ${name}.npy -o ${name}.json`);
  }
  await at.ok("stats rows.npy -o rows.npz");
  await at.ok("stats wide.npy -o wide.npz");
  await at.ok("stats wide.npy -o wide.json");
});

test("merge, then remove: the digest of before, by part and by samples", async () => {
  await at.ok("merge monday.npz tuesday.npz -o merged.npz");
  const { digest } = await at.json("stats monday.npy");
  const rest = await at.json("remove merged.npz tuesday.npz -o rest.npz");
  checkStatistics(rest, [3], 3);
  expect(rest).toMatchObject({ digest, samples: 7, shape: [7, 3, 16, 16], input: "monday.npy, tuesday.npy without tuesday.npy" });
  expect((await at.json("remove both.npz --samples 7:12 -o by-range.npz")).digest).toBe(digest);
  expect((await at.json("remove both.npz monday.npz -o later.json")).digest).toBe((await at.json("stats tuesday.npy")).digest);
  // What is left is a table like others.
  expect((await at.json("merge rest.npz tuesday.npz -o again.npz")).digest).toBe((await at.json("stats both.npy")).digest);
});

test("summaries: within their bounds, which go on into what is made of them", async () => {
  const truth = (await at.json("stats monday.npy")) as Record<string, number[]>;
  const rest = (await at.json("remove both.json tuesday.json -o left.json")) as Record<string, number[]> & {
    bounds: Record<string, number[]>;
  };
  expect(rest).toMatchObject({ digest: null, samples: 7, count: truth.count, meanInstanceStd: null });
  for (const key of ["mean", "m2"] as const) {
    for (let c = 0; c < 3; c++) {
      const bound = rest.bounds[key]?.[c] as number;
      expect(Math.abs((rest[key]?.[c] as number) - (truth[key]?.[c] as number))).toBeLessThanOrEqual(bound);
      expect(bound).toBeLessThan(1e-8 * (truth.m2?.[c] as number));
    }
  }
  // Each of both's extremes is one of monday's, or is not known any more.
  for (const key of ["min", "max"]) {
    for (let c = 0; c < 3; c++) expect([truth[key]?.[c], "NaN"]).toContain(rest[key]?.[c]);
  }
  const merged = (await at.json("merge left.json tuesday.json -o whole-again.json")) as { bounds: Record<string, number[]> };
  expect(merged.bounds.m2?.[0]).toBeGreaterThanOrEqual(rest.bounds.m2?.[0] as number);
  const less = (await at.json("remove whole-again.json tuesday.json -o left-again.json")) as { bounds: Record<string, number[]> };
  expect(less.bounds.m2?.[0]).toBeGreaterThan(merged.bounds.m2?.[0] as number);
  expect(await at.ok("merge left.json -o text.json")).toContain("none: made from summaries");
});

test("values that are not finite hide what is beside them, unless they were left out", async () => {
  const values = sampleValues(12 * 768);
  values[300] = Number.NaN;
  writeNpy(at.path("holes.npy"), [12, 3, 16, 16], values);
  await at.ok("stats holes.npy -o holes.json");
  await at.fails("remove holes.json tuesday.json -o x.json", 2, "holes.json, channel 1: values that are not finite hide");
  await at.ok("stats holes.npy --nan omit -o holes-omit.json");
  const rest = await at.json("remove holes-omit.json tuesday.json -o filled.json");
  expect(rest).toMatchObject({ nan: [0, 1, 0], count: [1792, 1791, 1792] });
});

/** Command line, exit code, and what the one line says. */
const MISFITS: readonly (readonly [line: string, code: number, ...parts: string[]])[] = [
  ["remove both.npz", 2, "remove needs -o FILE"],
  ["remove both.npz -o x.npz", 2, "what is to be removed?", "PART, or --samples from:to"],
  ["remove both.npz tuesday.npz --samples 0:1 -o x.npz", 2, "both a part and --samples"],
  ["remove both.npz --samples 3 -o x.npz", 2, '--samples: "3"', "from:to"],
  ["remove both.npz --samples 3:13 -o x.npz", 2, "no samples 3 to 13"],
  ["remove rows.npz --samples 0:100 -o x.npz", 2, "cut through rows of the table", "--norm instance"],
  ["remove monday.npz tuesday.npz -o x.npz", 2, "tuesday.npy: its rows are not among those of monday.npy"],
  ["remove both.npz wide.npz -o x.npz", 2, "does not fit the whole: channels"],
  ["remove both.npz both.npz -o x.npz", 2, "nothing would be left"],
  ["remove both.json tuesday.npz -o x.json", 2, "do not go with each other"],
  ["remove both.json tuesday.json -o x.npz", 2, "summaries hold no table"],
  ["remove both.json --samples 0:2 -o x.json", 2, "Samples are removed from tables"],
  ["remove tuesday.json both.json -o x.json", 2, "both.npy: cannot be a part of tuesday.npy"],
  ["remove both.json wide.json -o x.json", 2, "the part does not fit the whole"],
  ["remove both.npz tuesday.npz -o both.npz --overwrite", 2, "is the input"],
  ["remove none.npz tuesday.npz -o x.npz", 4, "none.npz"],
];

describe("what does not fit is refused", () => {
  for (const [line, code, ...parts] of MISFITS) test(line, () => at.fails(line, code, ...parts));
});
