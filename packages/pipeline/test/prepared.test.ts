import { periodicBytes } from "@normstream/kernel";
import { geometryOf } from "@normstream/tensor";
import { describe, expect, test } from "vitest";
import { createInlineEngine, normalizeToTensor, tensorIn } from "../src/index.js";
import { preparedBytes } from "../src/normalize-region.js";

describe("prepared affines fit their buffer", () => {
  test.each([1, 2, 3, 31, 64])("planes of %d values", (planeSize) => {
    for (let channels = 1; channels < 140; channels++) {
      const geometry = geometryOf([5, planeSize, 1, channels], "NHWC");
      const bytes = preparedBytes({ weight: null, bias: null, geometry });
      // All channels, and some of them where they do not fit the memory together.
      for (let period = 1; period <= channels; period++) expect(periodicBytes(period)).toBeLessThanOrEqual(bytes);
      expect(periodicBytes(channels * planeSize)).toBeLessThanOrEqual(bytes);
    }
  });

  test("and what lies behind it in the engine's memory stays as it is", async () => {
    for (const channels of [5, 9, 17, 33, 63]) {
      const engine = createInlineEngine();
      using x = tensorIn(engine, [4, 2, 1, channels], "float32", { layout: "NHWC" });
      using y = tensorIn(engine, [4, 2, 1, channels], "float32", { layout: "NHWC" });
      x.data.set(Array.from({ length: x.data.length }, (_, i) => Math.sin(i)));
      // Holes of every size, walled off, so that the pass's buffers come to lie right before a wall.
      const holes = Array.from({ length: 200 }, (_, i) => {
        const hole = tensorIn(engine, [1, (i + 1) * 64], "uint8");
        const wall = tensorIn(engine, [1, 64], "uint8");
        wall.data.fill(0xaa);
        return { hole, wall };
      });
      for (const { hole } of holes) hole[Symbol.dispose]();
      await normalizeToTensor(
        x,
        engine,
        { by: { runningMean: new Float64Array(channels), runningVar: new Float64Array(channels).fill(1) } },
        { into: y },
      );
      expect(holes.every(({ wall }) => wall.data.every((byte) => byte === 0xaa))).toBe(true);
    }
  });
});
