import { readFileSync, writeFileSync } from "node:fs";
import { openTensor, readVector, readZipMember } from "@normstream/formats";
import { beforeAll, describe, expect, test } from "vitest";
import { commandFolder } from "./command-line.js";
import { bytesOf, writeNpy, writeSample } from "./sample-files.js";
import { checkStatistics } from "./statistics-schema.js";

const at = commandFolder();
let images: Float32Array;

beforeAll(() => {
  images = writeSample(at.path("images.npy"), [10, 3, 16, 16]);
  writeFileSync(at.path("images.bin"), bytesOf(images));
  writeSample(at.path("rows.npy"), [4200, 24], 2);
  const broken = writeSample(at.path("x.npy"), [4, 2, 3, 3], 3);
  broken.set([Number.NaN, Number.POSITIVE_INFINITY], 0);
  broken.set([Number.NEGATIVE_INFINITY], 9);
  writeNpy(at.path("broken.npy"), [4, 2, 3, 3], broken);
});

/** Times and rates are the machine's. */
const untimed = (text: string): string => text.replace(/ in [\d.]+ m?s \([^)]*\/s\)/, " in T s (R/s)");

describe("what people read", () => {
  test.each([
    ["images.npy", "batch"],
    ["images.npy --norm instance", "instance"],
    ["images.npy --norm layer", "layer"],
    ["images.npy --batch-size 4", "batches"],
    ["rows.npy", "many-channels"],
    ["broken.npy", "not-finite"],
    ["broken.npy --nan omit", "omitted"],
  ])("stats %s", async (line, golden) => {
    await expect(untimed(await at.ok(`stats ${line}`))).toMatchFileSnapshot(`goldens/stats-${golden}.txt`);
  });
});

describe("the JSON document", () => {
  test.each([
    ["images.npy", [3], 3],
    ["images.npy --threads 2", [3], 3],
    ["images.npy --norm instance", [10, 3], 3],
    ["images.npy --norm group --groups 1", [10, 1], 3],
    ["images.npy --norm layer", [10], 3],
    ["images.npy --batch-size 4", [3, 3], 3],
    ["rows.npy", [24], 24],
    ["rows.npy --norm layer", [4200], 24],
    ["rows.npy --batch-size 1500", [3, 24], 24],
    ["broken.npy", [2], 2],
    ["broken.npy --nan omit", [2], 2],
    ["images.bin --shape 10,16,16,3 --dtype f4 --layout NHWC", [3], 3],
  ] as const)("stats %s --json", async (line, arrays, channels) => {
    checkStatistics(await at.json(`stats ${line}`), arrays, channels);
  });

  test("says what is true of plain sums", async () => {
    const { mean, variance, min, max, count, nan } = checkStatistics(
      await at.json("stats images.npy"),
      [3],
      3,
    ) as unknown as Record<string, number[]>;
    for (let c = 0; c < 3; c++) {
      const values = images.filter((_, i) => Math.floor(i / 256) % 3 === c);
      const plain = values.reduce((a, b) => a + b, 0) / values.length;
      expect(mean?.[c]).toBeCloseTo(plain, 6);
      expect(variance?.[c]).toBeCloseTo(values.reduce((a, b) => a + (b - plain) ** 2, 0) / values.length, 5);
      expect([min?.[c], max?.[c], count?.[c], nan?.[c]]).toEqual([Math.min(...values), Math.max(...values), 2560, 0]);
    }
  });

  test("values that are not finite are words", async () => {
    const d = await at.json("stats broken.npy");
    expect(d).toMatchObject({ mean: ["NaN", "-Infinity"], nan: [1, 0], posInf: [1, 0], negInf: [0, 1] });
    expect((await at.json("stats broken.npy --nan omit")).mean).toEqual([expect.any(Number), expect.any(Number)]);
  });

  test("one digest for every engine and shard size, and engine and threads say what ran", async () => {
    const lines = [
      "",
      "--engine inline",
      "--threads 0",
      "--threads 1",
      "--engine threads",
      "--threads 2 --shard-bytes 1000",
      "--memory 9MB",
    ];
    const documents = await Promise.all(lines.map((line) => at.json(`stats images.npy ${line}`)));
    expect(new Set(documents.map(({ digest }) => digest)).size).toBe(1);
    const ran = documents.map(({ engine, threads }) => `${engine} ${threads}`);
    expect(ran.slice(0, 4)).toEqual(["inline 1", "inline 1", "inline 1", "threads 1"]);
    expect(ran[4]).toMatch(/^threads \d+$/);
    expect(ran[5]).toBe("threads 2");
  });
});

describe("files", () => {
  test("-o FILE.json holds what --json prints, and where it comes from", async () => {
    const printed = await at.json("stats images.npy --norm instance -o instances.json");
    const { lineage, ...written } = JSON.parse(readFileSync(at.path("instances.json"), "utf8"));
    expect(written).toEqual(printed);
    expect(lineage).toMatchObject({ input: "images.npy", list: [{ path: "images.npy", samples: 10 }] });
  });

  test("many statistics go to the file in bands, and stdout has null in their places", async () => {
    const printed = await at.json("stats rows.npy --norm instance -o rows.json");
    const { lineage: _, ...written } = JSON.parse(readFileSync(at.path("rows.json"), "utf8"));
    checkStatistics(written, [4200, 24], 24);
    expect(printed).toEqual({
      ...written,
      ...Object.fromEntries("count mean m2 variance std min max nan posInf negInf".split(" ").map((key) => [key, null])),
    });
  });

  test("-o FILE.safetensors has PyTorch's names, and a variance divided by n − 1", async () => {
    const { mean, m2, count } = (await at.json("stats images.npy -o bn.safetensors")) as Record<string, number[]>;
    const read = async (select: string) => Array.from(await readVector(at.path("bn.safetensors"), { select }));
    expect(await read("running_mean")).toEqual(mean);
    expect(await read("running_var")).toEqual(m2?.map((value, c) => value / ((count?.[c] as number) - 1)));
    const { tensors } = JSON.parse(await at.ok("info bn.safetensors --json"));
    expect(tensors[2]).toMatchObject({ name: "num_batches_tracked", dtype: "I64", shape: [], bytes: 8 });
  });

  test("-o FILE.npz is the table, the same bytes for the same data", async () => {
    await at.ok("stats images.npy -o a.npz");
    await at.ok("stats images.npy -o b.npz --threads 2 --shard-bytes 5000");
    for (const member of ["table.npy", "meta.json", "files.jsonl"]) {
      const [a, b] = await Promise.all(["a.npz", "b.npz"].map((file) => readZipMember(at.path(file), member)));
      expect(Buffer.from(a as Uint8Array).equals(Buffer.from(b as Uint8Array))).toBe(true);
    }
    await using table = await openTensor(at.path("a.npz"));
    expect(table).toMatchObject({ shape: [10, 3, 8], dtype: "float64" });
    await at.fails("stats a.npz", 2, "a.npz: is a table of moments", "normstream merge a.npz");
  });

  test("what exists stays without --overwrite, and is replaced with it", async () => {
    writeFileSync(at.path("mine.json"), "mine");
    await at.fails("stats images.npy -o mine.json", 2, "mine.json: the file exists", "--overwrite");
    expect(readFileSync(at.path("mine.json"), "utf8")).toBe("mine");
    await at.ok("stats images.npy -o mine.json --overwrite");
    expect(JSON.parse(readFileSync(at.path("mine.json"), "utf8")).samples).toBe(10);
  });
});
