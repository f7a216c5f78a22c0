import { readFileSync, writeFileSync } from "node:fs";
import { readZipMember } from "@normstream/formats";
import { beforeAll, describe, expect, test } from "vitest";
import { commandFolder } from "./command-line.js";
import { sampleValues, writeNpy, writeSample } from "./sample-files.js";
import { checkStatistics } from "./statistics-schema.js";

const at = commandFolder();
const parts = (of: number, extra = "") =>
  Array.from({ length: of }, (_, i) => `stats SHARD --shard ${i}/${of} -o part-${i}-${of}.npz ${extra}`);

beforeAll(() => {
  writeSample(at.path("images.npy"), [10, 3, 16, 16]);
  writeSample(at.path("rows.npy"), [9000, 3], 2);
});

describe("parts in any order give the whole", () => {
  test.each([
    ["images.npy", 3, "", [2, 0, 1]],
    ["images.npy", 12, "", [5, 3, 11, 0, 1, 2, 4, 6, 10, 9, 8, 7]],
    ["rows.npy", 2, "", [1, 0]],
    ["rows.npy", 4, "--batch-size 1000", [3, 1, 0, 2]],
  ] as const)("%s in %i parts %s", async (input, of, options, order) => {
    const name = `${input}-${of}${options.replaceAll(" ", "")}`;
    await at.ok(`stats ${input} ${options} -o ${name}-whole.npz`);
    await Promise.all(parts(of, options).map((line) => at.ok(line.replace("SHARD", input).replaceAll("part-", `${name}-part-`))));
    const tables = order.map((i) => `${name}-part-${i}-${of}.npz`).join(" ");
    const merged = await at.json(`merge ${tables} -o ${name}-merged.npz`);
    checkStatistics(merged, [3], 3);
    // Byte for byte: rows, description and digest; and the same files, as another command says it.
    const member = (file: string, member: string) => readZipMember(at.path(`${name}-${file}.npz`), member);
    for (const each of ["table.npy", "meta.json", "files.jsonl"]) {
      expect(Buffer.from(await member("merged", each)).equals(await member("whole", each))).toBe(true);
    }
    const lineage = JSON.parse(Buffer.from(await member("merged", "lineage.json")).toString());
    expect(lineage).toMatchObject({
      input,
      command: ["merge", ...tables.split(" "), "-o"].concat(`${name}-merged.npz`, "--json", "--quiet"),
    });
    expect(await at.json(`verify ${name}-merged.npz`)).toMatchObject({ holds: true, files: { of: 1, changed: 0 } });
  });
});

test("whole inputs are joined in the order given, as one file would be", async () => {
  const values = sampleValues(7 * 768);
  writeNpy(at.path("monday.npy"), [4, 3, 16, 16], values.subarray(0, 4 * 768));
  writeNpy(at.path("tuesday.npy"), [3, 3, 16, 16], values.subarray(4 * 768));
  writeNpy(at.path("both.npy"), [7, 3, 16, 16], values);
  await at.ok("stats monday.npy -o monday.npz");
  await at.ok("stats tuesday.npy -o tuesday.npz");
  const { digest } = await at.json("stats both.npy");
  const merged = await at.json("merge monday.npz tuesday.npz -o both.npz");
  expect(merged).toMatchObject({ digest, shape: [7, 3, 16, 16], samples: 7, input: "monday.npy, tuesday.npy" });
  expect((await at.json("merge tuesday.npz monday.npz -o swapped.npz")).digest).not.toBe(digest);
});

test("some parts make a larger part, which merges further", async () => {
  await Promise.all(parts(4).map((line) => at.ok(line.replace("SHARD", "images.npy"))));
  const { stderr } = await at.run("merge part-2-4.npz part-1-4.npz -o middle.npz");
  expect(stderr).toContain("parts are missing: it holds samples 2 to 6 of 10");
  const merged = await at.json("merge middle.npz part-3-4.npz part-0-4.npz -o again.npz");
  expect(merged.digest).toBe((await at.json("stats images.npy")).digest);
});

test("a table is summed up as .json and .safetensors", async () => {
  const { engine, threads, bytes, seconds, ...whole } = await at.json("stats images.npy -o all.npz");
  const { engine: _, threads: __, bytes: ___, seconds: ____, ...merged } = await at.json("merge all.npz -o all.json");
  expect(merged).toEqual(whole);
  await at.ok("merge all.npz -o from-table.safetensors");
  await at.ok("stats images.npy -o from-pass.safetensors");
  expect(readFileSync(at.path("from-table.safetensors"))).toEqual(readFileSync(at.path("from-pass.safetensors")));
});

test("summaries merge by their moments, with no digest", async () => {
  await at.ok("stats monday.npy -o monday.json");
  await at.ok("stats tuesday.npy -o tuesday.json");
  const whole = (await at.json("stats both.npy")) as Record<string, number[]>;
  const merged = checkStatistics(await at.json("merge monday.json tuesday.json -o both.json"), [3], 3) as unknown as Record<
    string,
    number[]
  >;
  expect(merged).toMatchObject({ digest: null, samples: 7, count: whole.count, min: whole.min, max: whole.max });
  for (const key of ["mean", "m2", "meanInstanceStd"]) {
    // Two merges in another order: a few roundings of float64.
    for (let c = 0; c < 3; c++) expect((merged[key]?.[c] as number) / (whole[key]?.[c] as number)).toBeCloseTo(1, 12);
  }
  await at.fails("merge monday.json tuesday.json -o both-again.npz", 2, "summaries hold no table");
  await at.fails("merge monday.json tuesday.npz -o mixed.json", 2, "do not merge with each other");
});

/** Command line, exit code, and what the one line says. */
const MISFITS: readonly (readonly [line: string, code: number, ...parts: string[]])[] = [
  ["merge all.npz wide.npz -o y.npz", 2, "wide.npz", "channels", "expected 3, as in all.npz, found 4"],
  ["merge all.npz omit.npz -o y.npz", 2, "NaN policy"],
  ["merge part-0-4.npz part-2-4.npz -o y.npz", 2, "samples 2 to 4 are missing"],
  ["merge part-0-4.npz part-0-4.npz -o y.npz", 2, "two tables hold sample 0"],
  ["merge part-0-4.npz part-1-4.npz monday.npz -o y.npz", 2, "parts of different inputs"],
  ["merge damaged.npz -o y.npz", 3, "damaged.npz", "digest"],
  ["merge other.json -o y.json", 3, "other.json: holds no statistics"],
  ["merge broken.json -o y.json", 3, "broken.json: is not JSON"],
  ["merge layers.json -o y.json", 2, "layers.json: holds statistics of layer norm"],
  ["merge all.npz part-0-4.npz -o all.npz --overwrite", 2, "is the input"],
  ["merge all.npz -o y.npy", 2, "found .npy"],
];

describe("what does not fit is refused", () => {
  beforeAll(async () => {
    writeSample(at.path("wide.npy"), [10, 4, 16, 16]);
    await at.ok("stats wide.npy -o wide.npz");
    await at.ok("stats images.npy --nan omit -o omit.npz");
    await at.ok("stats images.npy --norm layer -o layers.json");
    const damaged = readFileSync(at.path("all.npz"));
    damaged.writeUInt8(damaged.readUInt8(400) ^ 1, 400);
    writeFileSync(at.path("damaged.npz"), damaged);
    writeFileSync(at.path("other.json"), '{"a": 1}');
    writeFileSync(at.path("broken.json"), "{");
  });

  for (const [line, code, ...parts] of MISFITS) test(line, () => at.fails(line, code, ...parts));
});
