import { expect, test } from "vitest";
import { decodeResult, encodeResult } from "../../src/checkpoint/shard-record.js";
import type { ShardResult } from "../../src/pass.js";

const rect = { block: 4, blockEnd: 7, channel: 0, channelEnd: 1, leaf: 0, leafEnd: 1 };
const base = { index: 3, rect, bytes: 99 };

test.each<[string, ShardResult]>([
  ["rows", { ...base, rows: Float64Array.from({ length: 24 }, (_, i) => i / 3) }],
  ["nodes", { ...base, nodes: [{ level: 2, rows: Float64Array.from({ length: 8 }, (_, i) => -i) }] }],
  ["chunks that were not there", { ...base, missing: { count: 2, first: "0, 4" }, rows: new Float64Array(24) }],
  [
    "images, one of which was left out",
    {
      ...base,
      blocks: 2,
      images: { size: { width: 40, height: 30 }, skipped: [{ sample: 5, name: "b.png", reason: "is cut off" }] } as never,
      rows: Float64Array.from({ length: 16 }, (_, i) => i),
    },
  ],
])("a record gives back a result: %s", (_, result) => {
  expect(decodeResult(encodeResult(result))).toEqual(result);
});
