import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { NormstreamError } from "@normstream/tensor";
import { Ajv2020 } from "ajv/dist/2020.js";
import { build } from "esbuild";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { buildReport } from "../../src/build/report.js";
import { fromBase64, toBase64 } from "../../src/payload/base64.js";
import { gapOf, noiseOf } from "../../src/payload/column-figures.js";
import { decodeReport } from "../../src/payload/decode.js";
import { encodeReport } from "../../src/payload/encode.js";
import { reportSchema } from "../../src/payload/json-schema.js";
import { REPORT_BYTES, type Report } from "../../src/report.js";
import { PLANTED } from "../planted.js";
import { measured } from "../tensors.js";
import { filledUp, largestMeasurement } from "./largest.js";

const bytesOf = (json: object) => Buffer.byteLength(JSON.stringify(json));
const schemaFile = fileURLToPath(new URL("../../report.schema.json", import.meta.url));
const created = new Date("2024-01-01T00:00:00Z");

let largest: Report;
let small: Report;
beforeAll(async () => {
  largest = await buildReport(largestMeasurement(), { version: "1.0.0", created });
  await using data = await measured(PLANTED.samples());
  small = await buildReport(data, { version: "1.0.0", created, batchSize: 4 });
}, 240_000);

describe("size", () => {
  test("4096 channels × 100,000 instances, every part at its largest, is at most 256 KiB", () => {
    const bytes = bytesOf(encodeReport(filledUp(largest)));
    expect(bytes).toBeLessThanOrEqual(REPORT_BYTES);
    expect(bytes).toBeGreaterThan(200_000);
  });

  test("so are ten times as many channels, of which 3072 are told", async () => {
    const report = await buildReport(largestMeasurement(40_960, 1000), { version: "1.0.0" });
    expect(report.channels.index).toHaveLength(3072);
    expect(bytesOf(encodeReport(filledUp(report)))).toBeLessThanOrEqual(REPORT_BYTES);
    expect(decodeReport(JSON.parse(JSON.stringify(encodeReport(report)))).channels.index).toEqual(report.channels.index);
  }, 120_000);

  test("a small report is small, and its text too", () => {
    expect(bytesOf(encodeReport(small))).toBeLessThan(80_000);
    expect(Buffer.byteLength(small.text.plain)).toBeLessThanOrEqual(4096);
    expect(Buffer.byteLength(largest.text.plain)).toBeLessThanOrEqual(4096);
  });
});

describe("what is read is what was written", () => {
  test.each(["small", "largest"])("%s", (name) => {
    const report = name === "small" ? small : largest;
    const read = decodeReport(JSON.stringify(encodeReport(report)));
    const { channels, histograms: _, ...rest } = read;
    const { channels: given, histograms: __, ...others } = report;
    expect(channels.index).toEqual(given.index);
    expect(channels.mean).toEqual(given.mean);
    expect(channels.std).toEqual(given.std);
    expect(channels.flags).toEqual(given.flags);
    // 16 bits hold 3 digits; ranges of more than 2048 channels too, in σ.
    for (const key of ["between", "varianceSpread", "meanFourth", "meanVarianceCorrelation", "instanceStd"] as const) {
      for (const [i, x] of given[key].entries())
        expect(Math.abs((channels[key][i] as number) - x)).toBeLessThan(1e-3 * Math.max(1, x));
    }
    for (const [i, x] of given.min.entries()) {
      expect(Math.abs((channels.min[i] as number) - x)).toBeLessThanOrEqual(
        (0.01 + 1e-6 * Math.abs(x)) * (given.std[i] as number) + 1e-6 * Math.abs(x),
      );
    }
    if (!("absent" in rest.instances) && !("absent" in others.instances)) {
      expect(rest.instances.density).toEqual(others.instances.density);
      expect(rest.instances.points.sample).toEqual(others.instances.points.sample);
    }
    const exact = { instances: null, noise: null, gap: null, maps: null };
    expect({ ...rest, ...exact }).toEqual({ ...others, ...exact });
    if (!("absent" in rest.maps) && !("absent" in others.maps)) {
      expect(rest.maps.tiles.map(({ pixels }) => pixels)).toEqual(others.maps.tiles.map(({ pixels }) => pixels));
      expect(rest.maps.tiles[0]?.mean).toBeCloseTo(others.maps.tiles[0]?.mean as number, 6);
    }
    expect(rest.noise).toEqual(others.noise);
    expect(rest.gap).toMatchObject({ total: (others.gap as { total: unknown }).total });
  });

  test("histograms, to 16 bits", () => {
    const read = decodeReport(JSON.stringify(encodeReport(small)));
    if ("absent" in read.histograms || "absent" in small.histograms) throw new Error("no histograms");
    for (const [i, channel] of read.histograms.channels.entries()) {
      const given = small.histograms.channels[i];
      expect(channel.input.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      for (const key of ["input", "batch", "instance"] as const) {
        for (const [k, share] of channel[key].entries()) expect(share).toBeCloseTo(given?.[key][k] as number, 3);
      }
    }
  });

  test("noise and gap from columns are those of the verdict", () => {
    const { channels, tensor, verdict } = decodeReport(JSON.stringify(encodeReport(small)));
    const j = [0, 1].map((c) => noiseOf(channels, c, 4, tensor.samples)?.j as number);
    expect(((j[0] as number) + (j[1] as number)) / 2).toBeCloseTo(verdict?.figures.j as number, 2);
    const settings = { batchSize: 4, momentum: 0.1, samples: tensor.samples, planeSize: tensor.planeSize };
    expect(gapOf(channels, 0, Infinity, settings)?.total).toBeGreaterThan(j[0] as number);
  });

  test("base64 is Node's", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        expect(toBase64(bytes)).toBe(text);
        expect(fromBase64(text)).toEqual(bytes);
      }),
      { seed: 5 },
    );
    for (const text of ["a", "ab=c", "====", "a===", "ab\u0000d", "ab€d", "a b="]) expect(fromBase64(text)).toBeNull();
  });
});

describe("the JSON Schema", () => {
  test("is the one that ships", async () => {
    await expect(`${JSON.stringify(reportSchema, null, 2)}\n`).toMatchFileSnapshot(schemaFile);
  });

  test("takes reports, and refuses what is none", () => {
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(schemaFile, "utf8")));
    for (const report of [small, largest, filledUp(largest)]) {
      const json = JSON.parse(JSON.stringify(encodeReport(report)));
      expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
      expect(validate({ ...json, channels: { ...json.channels, count: 5000 } })).toBe(false);
      expect(validate({ ...json, findings: Array(17).fill(json.findings[0] ?? {}) })).toBe(false);
      expect(validate({ ...json, verdict: { ...json.verdict, certainty: "certain" } })).toBe(false);
    }
  });
});

/** Every way into a JSON value: the path of each of its parts. */
function paths(value: unknown, at: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [at];
  return [
    at,
    ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...at, Array.isArray(value) ? Number(key) : key])),
  ];
}

function replaced(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((entry, i) => (i === key ? replaced(entry, rest, by) : entry));
  return { ...(value as object), [key]: replaced((value as Record<string, unknown>)[key as string], rest, by) };
}

describe("hostile reports", () => {
  const deep = () => {
    let nested: unknown = 0;
    for (let i = 0; i < 20_000; i++) nested = [nested];
    return nested;
  };

  /** Refused with one line, or read into values of the right kinds. */
  function survives(json: unknown): void {
    try {
      encodeReport(decodeReport(json));
    } catch (error) {
      expect(error).toBeInstanceOf(NormstreamError);
      expect((error as NormstreamError).kind).toBe("data");
      expect((error as Error).message).toMatch(/^this is no report[^\n]*$/);
      expect((error as Error).message.length).toBeLessThan(300);
    }
  }

  test("a wrong value in any place is refused in one line, or harmless", () => {
    const json = JSON.parse(JSON.stringify(encodeReport(small)));
    const places = paths(json);
    expect(places.length).toBeGreaterThan(300);
    const values = [null, -1, 1.5, 1e308, "NaN", "<script>alert(1)</script>", "A".repeat(300_000), [], {}, true, [[[]]], deep()];
    for (const path of places) for (const value of values) survives(replaced(json, path, value));
  }, 120_000);

  test("every field is needed", () => {
    const json = JSON.parse(JSON.stringify(encodeReport(small)));
    for (const key of Object.keys(json)) {
      const { [key]: _, ...rest } = json;
      expect(() => decodeReport(rest), key).toThrow("this is no report");
    }
  });

  test.each([
    ["no JSON", "{", "expected JSON"],
    ["too much of it", " ".repeat(REPORT_BYTES + 1), "expected at most 262144 characters"],
    ["a list", "[]", "expected an object, found a list of 0"],
    ["deep nesting", "[".repeat(100_000) + "]".repeat(100_000), "found a list of 1"],
    ["another schema", '{"schema":"normstream/report/2"}', '"schema" is wrong; expected one of "normstream/report/1"'],
    ["nothing", undefined, "found nothing"],
  ])("%s", (_, json, message) => {
    expect(() => decodeReport(json)).toThrow(message);
  });

  test("a megabyte of channels is refused", () => {
    const json = JSON.parse(JSON.stringify(encodeReport(small)));
    const many = { ...json.channels, mean: "A".repeat(1 << 20) };
    expect(() => decodeReport({ ...json, channels: many })).toThrow('"channels.mean" is wrong; expected at most 4096 numbers');
    expect(() => decodeReport({ ...json, channels: { ...json.channels, count: 1e9 } })).toThrow('"channels.count" is wrong');
  });

  test("script stays text, and what does not show is taken out", () => {
    const json = JSON.parse(JSON.stringify(encodeReport(small)));
    const title = '<img src=x onerror="alert(1)">\u202egnp.exe\u0000\n';
    expect(decodeReport({ ...json, title }).title).toBe('<img src=x onerror="alert(1)"> gnp.exe  ');
  });

  test("fields that nobody knows do not come in, nor does a prototype", () => {
    const json = JSON.parse(JSON.stringify(encodeReport(small)).replace("{", '{"__proto__":{"polluted":true},"more":1,'));
    const report = decodeReport(json);
    expect(Object.keys(report)).not.toContain("more");
    expect((report as unknown as { polluted?: boolean }).polluted).toBeUndefined();
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("what is read can be written again", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => survives(value)),
      { seed: 6 },
    );
  });
});

test("the payload entry needs no Node, and weighs little", async () => {
  const entry = fileURLToPath(new URL("../../src/payload.ts", import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
  });
  expect(outputFiles?.[0]?.contents.length).toBeLessThan(30_000);
});
