import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Manifest, parseManifest } from "../../src/manifest/manifest.js";
import { expectError } from "../scratch.js";

const schema = JSON.parse(readFileSync(new URL("../../manifest.schema.json", import.meta.url), "utf8"));
const fits = new Ajv2020({ allErrors: false, strict: true, strictRequired: false, allowUnionTypes: true }).compile(schema);

const whole = {
  $schema: "./manifest.schema.json",
  schema: "normstream/manifest/1",
  name: "cars",
  description: "Prices.",
  parts: [
    "first.npy",
    {
      name: "a",
      path: ["a/*.npy", "s3://bucket/{0..3}.npy"],
      format: "npy",
      layout: "NCHW",
      shape: [null, 3, 8, 8],
      dtype: "f4",
    },
    { name: "b", path: "cars.csv", select: ["price", "year"] },
  ],
  splits: { train: ["a", { part: "b", samples: [0, 10] }], val: [{ samples: [5, 6] }] },
} as const;
const parse = (value: unknown): Manifest => parseManifest(JSON.stringify(value), "normstream.json");

test("a manifest says its parts and splits", () => {
  expect(fits(whole)).toBe(true);
  const { name, parts, splits } = parse(whole);
  expect(name).toBe("cars");
  expect(parts.map((part) => part.paths)).toEqual([["first.npy"], ["a/*.npy", "s3://bucket/{0..3}.npy"], ["cars.csv"]]);
  expect(parts[1]).toMatchObject({ name: "a", format: "npy", layout: "NCHW", shape: [null, 3, 8, 8], dtype: "f4" });
  expect(parts[2]?.select).toBe("price,year");
  expect(splits.get("train")).toEqual([
    { part: "a", samples: undefined },
    { part: "b", samples: [0, 10] },
  ]);
  expect(splits.get("val")).toEqual([{ part: undefined, samples: [5, 6] }]);
});

/** What is put in the place of something, where that stands, and what is expected there. */
const WRONG: readonly (readonly [pointer: string, value: unknown, expected: string])[] = [
  ["/schema", "normstream/manifest/2", '"normstream/manifest/1"'],
  ["/schema", "normstream/statistics/1", '"normstream/manifest/1"'],
  ["/schema", undefined, "found nothing"],
  ["/$schema", 1, "a text that is not empty"],
  ["/parts", [], "a list of one or more"],
  ["/parts", {}, "a list of one or more"],
  ["/parts/0", "", "a text that is not empty"],
  ["/parts/0", 7, "an object"],
  ["/parts/1/path", undefined, "a text, or a list of them"],
  ["/parts/1/path/1", null, "a text that is not empty"],
  ["/parts/1/shape/0", -1, "a whole number, or null for any"],
  ["/parts/1/shape/2", "8", "a whole number, or null for any"],
  ["/parts/1/layout", "CHWN", "one of NC, NCL, NHW, NCHW, NHWC, NCDHW"],
  ["/parts/1/format", "png", "one of npy, npz"],
  ["/parts/1/paht", "a.npy", "one of name, path, format"],
  ["/parts/2/select/0", 0, "a text that is not empty"],
  ["/part", [], "one of $schema, schema, name"],
  ["/splits", [], "an object"],
  ["/splits/train", [], "a list of one or more"],
  ["/splits/a~1b~0", "a", "a list of one or more"],
  ["/splits/train/1/samples", [3, "4"], "[from, to] with from below to"],
  ["/splits/train/1/samples", [3], "[from, to] with from below to"],
  ["/splits/train/1/sample", [3, 4], "one of part, samples"],
  ["/splits/val/0", {}, '"part", "samples" or both'],
];

/** A copy with another value at a pointer; undefined takes it away. */
function put(value: unknown, pointer: string, replacement: unknown): unknown {
  const copy = structuredClone(value);
  const keys = pointer.slice(1).split("/");
  const last = (keys.pop() as string).replaceAll("~1", "/").replaceAll("~0", "~");
  const holder = keys.reduce((at, key) => (at as Record<string, unknown>)[key], copy) as Record<string, unknown>;
  if (replacement === undefined) delete holder[last];
  else holder[last] = replacement;
  // As JSON has it: a hole in a list is null.
  return JSON.parse(JSON.stringify(copy));
}

test.each(WRONG)("%s = %j", async (pointer, value, expected) => {
  const wrong = put(whole, pointer, value);
  expect(fits(wrong)).toBe(false);
  await expectError(() => parse(wrong), "data", "normstream.json", `the manifest is wrong at ${pointer}`, expected);
});

test.each<readonly [unknown, string]>([
  // What no schema says: names that belong together, and numbers that are in order.
  [put(whole, "/parts/2/name", "a"), "/parts/2/name; expected a name that no other part has"],
  [put(whole, "/splits/train/0", "c"), "/splits/train/0; expected the name of a part: a, b"],
  [put(whole, "/splits/train/1/part", "c"), "/splits/train/1/part; expected the name of a part: a, b"],
  [put(whole, "/splits/train/1/samples", [4, 4]), "/splits/train/1/samples; expected [from, to] with from below to"],
])("what belongs together: %#", async (value, message) => {
  expect(fits(value)).toBe(true);
  await expectError(() => parse(value), "data", message);
});

test("what is no JSON, and no object", async () => {
  await expectError(() => parseManifest("{", "normstream.json"), "data", "normstream.json: the manifest is not JSON");
  await expectError(() => parse([whole]), "data", "is no manifest; expected an object");
});

test("law: what the schema takes is read, and nothing else", () => {
  const pointers = [...new Set(WRONG.map(([pointer]) => pointer))];
  const values = fc.oneof(
    fc.constantFrom<unknown>(
      undefined,
      null,
      true,
      0,
      1.5,
      -1,
      "",
      "a",
      "npy",
      "NCHW",
      [],
      ["a"],
      [0, 1],
      {},
      { part: "a" },
      { samples: [0, 1] },
    ),
    fc.constantFrom<unknown>([{ path: "x" }], { path: "x", shape: [1, null] }, { train: ["a"] }, [[0, 1]], {
      part: "a",
      samples: [1, 9],
    }),
  );
  const edits = fc.array(fc.tuple(fc.constantFrom(...pointers), values), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(edits, (list) => {
      let value: unknown = whole;
      for (const [pointer, replacement] of list) {
        try {
          value = put(value, pointer, replacement);
        } catch {
          // An earlier edit took the place away.
        }
      }
      let message: string | undefined;
      try {
        parse(value);
      } catch (error) {
        message = (error as Error).message;
      }
      // Where names do not belong together, it is not read either way.
      if (message !== undefined && /no other part has|the name of a part|parts with names/.test(message)) return;
      expect({ value, message, read: message === undefined }).toEqual({ value, message, read: fits(value) });
    }),
    { numRuns: 3000, seed: 6 },
  );
});
