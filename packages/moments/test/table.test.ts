import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  blockCount,
  blockStart,
  COUNT,
  digestText,
  Fold,
  grainOf,
  M2,
  MEAN,
  PANEL,
  ROW,
  TableBuilder,
  tableShape,
} from "../src/index.js";

describe("grain", () => {
  test.each([
    [1, 4096],
    [2, 2048],
    [3, 2048],
    [4, 1024],
    [7, 1024],
    [16, 256],
    [49, 128],
    [64, 64],
    [128, 32],
    [129, 32],
    [255, 32],
    [256, 1],
    [8192, 1],
    [0, 1], // sizes vary
  ])("planes of %d values: %d samples a row", (planeSize, grain) => {
    expect(grainOf(planeSize, false)).toBe(grain);
    expect(grainOf(planeSize, true)).toBe(1);
    // A row is one leaf.
    if (grain > 1) expect(grain * planeSize).toBeLessThanOrEqual(8192);
  });
});

describe("blocks", () => {
  const given = fc.record({
    samples: fc.integer({ min: 1, max: 20_000 }),
    planeSize: fc.constantFrom(1, 7, 100, 300),
    batchSize: fc.option(fc.integer({ min: 1, max: 6000 }), { nil: undefined }),
  });

  test("follow each other from the first sample to the last, none of more than a grain", () => {
    fc.assert(
      fc.property(given, ({ samples, planeSize, batchSize }) => {
        const table = tableShape("float32", samples, 3, planeSize, { batchSize });
        const count = blockCount(table);
        expect(blockStart(table, 0)).toBe(0);
        expect(blockStart(table, count)).toBe(samples);
        const lengths = Array.from({ length: count }, (_, b) => blockStart(table, b + 1) - blockStart(table, b));
        expect(lengths.every((length) => length > 0 && length <= table.grain)).toBe(true);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test("restart at each batch, and only there end early", () => {
    fc.assert(
      fc.property(given, ({ samples, planeSize, batchSize }) => {
        const table = tableShape("float32", samples, 3, planeSize, { batchSize });
        const restart = table.grain > 1 ? (batchSize ?? samples) : samples;
        const starts = Array.from({ length: blockCount(table) }, (_, b) => blockStart(table, b));
        const all = Array.from({ length: samples }, (_, n) => n);
        expect(starts).toEqual(all.filter((n) => (n % restart) % table.grain === 0));
      }),
      { seed: 2, numRuns: 30 },
    );
  });

  test("a batch size stands in the shape, and in the digest's text, only where rows depend on it", () => {
    expect(tableShape("float32", 10, 3, 300, { batchSize: 4 }).batchSize).toBe(0);
    expect(tableShape("float32", 10, 3, 7, { batchSize: 4, perInstance: true }).batchSize).toBe(0);
    expect(digestText(tableShape("uint8", 10, 3, 7, { batchSize: 4 }))).toBe("normstream/table/1 uint8 10 3 7 1024 4");
    expect(digestText(tableShape("float32", 10, 3, 300))).toBe("normstream/table/1 float32 10 3 300 1 0");
  });
});

describe("TableBuilder", () => {
  const sha = () => createHash("sha256");
  const shape = tableShape("float32", 700, 2, 300);
  const rows = Float64Array.from({ length: 700 * 2 * ROW }, (_, i) => {
    const field = i % ROW;
    const block = Math.floor(i / ROW);
    return [300, Math.sin(block), 1 + (block % 5), -3, 3, block === 77 ? 1 : 0, 0, 0][field] as number;
  });
  const built = (chunks: readonly number[]) => {
    const builder = new TableBuilder(shape, sha);
    let at = 0;
    for (const blocks of [...chunks, Infinity]) {
      const end = Math.min(rows.length, at + blocks * 2 * ROW);
      if (end > at) builder.push(rows.subarray(at, end));
      at = end;
    }
    expect(builder.blocks).toBe(700);
    return builder.finish();
  };
  const whole = built([]);

  test("takes rows in chunks of any size", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 8 }), (chunks) => {
        expect(built(chunks)).toEqual(whole);
      }),
      { seed: 3, numRuns: 40 },
    );
    for (const size of [1, 255, PANEL, PANEL + 1, 512]) expect(built(Array(700).fill(size))).toEqual(whole);
  });

  test("the digest is that of its panels and its text", () => {
    const panels = [0, 256, 512].map((b) =>
      sha()
        .update(new Uint8Array(rows.slice(b * 2 * ROW, (b + 256) * 2 * ROW).buffer))
        .digest(),
    );
    expect(whole.digest).toBe(
      sha()
        .update(Buffer.concat([...panels, Buffer.from(digestText(shape))]))
        .digest("hex"),
    );
  });

  test("totals are the fold of the rows, and an estimate that of the rows so far", () => {
    const fold = new Fold(2);
    const builder = new TableBuilder(shape, sha);
    for (let at = 0; at < rows.length; at += 2 * ROW) {
      const line = rows.subarray(at, at + 2 * ROW);
      fold.push(line);
      builder.push(line);
      if (at % 1600 === 0) expect(builder.estimate()).toEqual(fold.result());
    }
    expect(whole.total).toEqual(fold.result());
  });

  test("stds of the instances; one that holds a value that is not finite counts as NaN", () => {
    const std = whole.instanceStd as Float64Array;
    // Block 77 is row 77: sample 38, channel 1.
    expect([std[COUNT], std[ROW + COUNT], std[5], std[ROW + 5]]).toEqual([700, 699, 0, 1]);
    const own = Array.from({ length: 700 }, (_, n) => Math.sqrt((rows[n * 2 * ROW + M2] as number) / 300));
    expect(std[MEAN]).toBeCloseTo(own.reduce((a, b) => a + b) / 700, 14);
  });

  test("none where a row holds several samples", () => {
    expect(new TableBuilder(tableShape("float32", 700, 2, 7), sha).finish().instanceStd).toBeNull();
  });

  test("rows are not kept: the caller may use the array again", () => {
    const builder = new TableBuilder(shape, sha);
    const line = new Float64Array(2 * ROW);
    for (let at = 0; at < rows.length; at += line.length) {
      line.set(rows.subarray(at, at + line.length));
      builder.push(line);
    }
    expect(builder.finish()).toEqual(whole);
  });
});
