import type { StoredTensor, StreamStorage } from "@normstream/tensor";
import { describe, expect, test } from "vitest";
import { createInlineEngine } from "../src/inline-engine.js";
import { readRegions } from "../src/read-regions.js";

const engine = createInlineEngine();
const region = (sample: number, channel = 0) => ({
  ...{ sample, sampleEnd: sample + 1, channel, channelEnd: channel + 1, position: 0, positionEnd: 4 },
});

/** `[6, 2, 4]` bytes that count up, in chunks of so many, of which only the first `length` come. */
function stream(
  chunkBytes: number,
  length = 48,
): { source: StoredTensor<StreamStorage>; state: { given: number; closed: boolean } } {
  const state = { given: 0, closed: false };
  async function* open() {
    try {
      for (let at = 0; at < length; at += chunkBytes) {
        const bytes = Uint8Array.from({ length: Math.min(chunkBytes, length - at) }, (_, i) => at + i);
        state.given += bytes.length;
        yield bytes;
      }
    } finally {
      state.closed = true;
    }
  }
  const storage: StreamStorage = { kind: "stream", open };
  const source = { name: "s", shape: [6, 2, 4], dtype: "uint8", layout: "NCL", order: "C", bigEndian: false, storage } as const;
  return { source, state };
}

async function values(source: StoredTensor, regions: ReturnType<typeof region>[], signal?: AbortSignal): Promise<number[][]> {
  const found: number[][] = [];
  for await (const part of readRegions(source, regions, engine, signal)) found.push(Array.from(part.values));
  return found;
}

describe("a stream", () => {
  test.each([1, 3, 7, 48])("is read once, no further than the last part, whatever its chunks (%i)", async (chunkBytes) => {
    const { source, state } = stream(chunkBytes);
    expect(await values(source, [region(0, 1), region(2), region(3, 1)])).toEqual([
      [4, 5, 6, 7],
      [16, 17, 18, 19],
      [28, 29, 30, 31],
    ]);
    expect(state.given).toBe(Math.min(48, Math.ceil(32 / chunkBytes) * chunkBytes));
    expect(state.closed || state.given === 48).toBe(true);
  });

  test("that ends early is refused", async () => {
    await expect(values(stream(5, 30).source, [region(1), region(5)])).rejects.toThrow(
      "s: the stream ended before the tensor did",
    );
  });

  test("stops at the signal, and is closed", async () => {
    const { source, state } = stream(4);
    const stop = new AbortController();
    const reading = (async () => {
      for await (const _ of readRegions(source, [region(0), region(5)], engine, stop.signal)) stop.abort();
    })();
    await expect(reading).rejects.toMatchObject({ kind: "aborted" });
    expect(state.closed).toBe(true);
  });
});
