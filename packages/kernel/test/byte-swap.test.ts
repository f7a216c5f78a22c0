import fc from "fast-check";
import { expect, test } from "vitest";
import { memory, reference, SOURCE, simd } from "./twins.js";

test.each([2, 4, 8] as const)("byteSwap of %i-byte elements", (itemSize) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 15 }), (bytes, shift) => {
      const values = Math.floor(bytes.length / itemSize);
      const run = (kernel: typeof simd) => {
        const place = new Uint8Array(memory.buffer, SOURCE + shift, bytes.length);
        place.set(bytes);
        kernel.byteSwap(itemSize, SOURCE + shift, values);
        return [...place];
      };
      expect(run(simd)).toEqual(run(reference));
    }),
    { seed: 7 },
  );
});
