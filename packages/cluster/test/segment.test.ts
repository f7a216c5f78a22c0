import type { ShardResult } from "@normstream/pipeline";
import { expect, test } from "vitest";
import { encodeSegment, joinSegments, recordsOf, resultOf } from "../src/segment.js";

const rect = { block: 0, blockEnd: 2, channel: 0, channelEnd: 1, leaf: 0, leafEnd: 1 };
const result = (index: number): ShardResult => ({
  ...{ index, rect, bytes: 100 + index },
  rows: Float64Array.from({ length: 16 }, (_, i) => Math.sin(index + i)),
  span: { thread: index, startMs: index, endMs: index + 1 },
});
const own = (bytes: Uint8Array) => new Uint8Array(bytes);

test("results come back as they were, but for when they were made", () => {
  const results: readonly ShardResult[] = [
    result(3),
    result(4),
    { index: 5, rect, bytes: 1, written: [{ byteOffset: 0, byteLength: 8, crc: 7 }] },
  ];
  const records = recordsOf(own(encodeSegment(results)), "x");
  const back = [...records.values()].map(resultOf);
  expect(back).toEqual(results.map(({ span: _, ...rest }) => rest));
});

test("the same results give the same bytes, whoever made them", () => {
  expect(encodeSegment([{ ...result(1), span: { thread: 9, startMs: 0, endMs: 9 } }])).toEqual(encodeSegment([result(1)]));
});

test("joined in order, a shard in two segments once", () => {
  const a = own(encodeSegment([result(4), result(5)]));
  const b = own(encodeSegment([result(1), result(4)]));
  expect(joinSegments([a, b], "x")).toEqual(encodeSegment([result(1), result(4), result(5)]));
});

test.each([0, 8, 20, 30])("damaged at byte %d", (length) => {
  const bytes = own(encodeSegment([result(1)]).subarray(0, length));
  expect(() => recordsOf(bytes, "the/segment")).toThrow(/the\/segment: a partial result is damaged/);
});
