import { expect, test } from "vitest";
import { replayedHead } from "../../src/stdin/replayed-head.js";

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test.each([1, 3, 7, 100])("what was looked at comes again, however the bytes are cut: %i at a time", async (size) => {
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => i);
  for (const skip of [0, 5, 12, 40]) {
    const stream = replayedHead(cut(bytes, size));
    expect([...(await stream.head(4))]).toEqual([0, 1, 2, 3]);
    expect([...(await stream.head(10))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const rest: number[] = [];
    for await (const chunk of stream.rest(skip)) rest.push(...chunk);
    expect(rest).toEqual([...bytes.subarray(skip)]);
  }
  expect(await replayedHead(cut(bytes.subarray(0, 6), size)).head(10)).toHaveLength(6);
});
