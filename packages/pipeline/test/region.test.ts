import { tableShape } from "@normstream/moments";
import {
  firstElement,
  forEachRun,
  geometryOf,
  isContiguous,
  LAYOUTS,
  type Layout,
  packedStrides,
  type Region,
  regionSize,
  stridesOf,
} from "@normstream/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";
import { contiguousSteps, gatherSteps, gridOf, leavesPerPlane } from "../src/steps.js";

const region = fc
  .record({
    layout: fc.constantFrom<Layout>(...LAYOUTS),
    extents: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 5, maxLength: 5 }),
    cuts: fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
  })
  .map(({ layout, extents, cuts }) => {
    const shape = extents.slice(0, layout.length);
    const geometry = geometryOf(shape, layout);
    const cut = (size: number, i: number) => {
      const from = (cuts[i] as number) % size;
      return [from, from + 1 + ((cuts[i + 1] as number) % (size - from))] as const;
    };
    const [sample, sampleEnd] = cut(geometry.samples, 0);
    const [channel, channelEnd] = cut(geometry.channels, 2);
    const [position, positionEnd] = cut(geometry.planeSize, 4);
    return { geometry, region: { sample, sampleEnd, channel, channelEnd, position, positionEnd } satisfies Region };
  });

test("runs of a region hold each of its elements once, where it stands and where it is packed", () => {
  fc.assert(
    fc.property(region, ({ geometry, region: r }) => {
      const strides = stridesOf(geometry);
      const packed = packedStrides(geometry, r);
      const want = new Map<number, number>();
      for (let n = r.sample; n < r.sampleEnd; n++) {
        for (let c = r.channel; c < r.channelEnd; c++) {
          for (let j = r.position; j < r.positionEnd; j++) {
            const inTensor = n * strides.sample + c * strides.channel + j * strides.position;
            const inRegion =
              (n - r.sample) * packed.sample + (c - r.channel) * packed.channel + (j - r.position) * packed.position;
            want.set(inRegion, inTensor);
          }
        }
      }
      const got = new Map<number, number>();
      let runs = 0;
      forEachRun(r, geometry, (element, at, length) => {
        runs++;
        for (let i = 0; i < length; i++) got.set(at + i, element + i);
      });
      expect(got).toEqual(want);
      expect(got.size).toBe(regionSize(r));
      expect(isContiguous(r, geometry)).toBe(runs === 1);
      expect(firstElement(r, strides)).toBe(Math.min(...want.values()));
    }),
    { seed: 6, numRuns: 400 },
  );
});

const cut = fc.record({
  layout: fc.constantFrom<Layout>("NCL", "NHWC"),
  samples: fc.integer({ min: 1, max: 3000 }),
  channels: fc.constantFrom(1, 3, 64, 3000),
  planeSize: fc.constantFrom(1, 6, 255, 256, 8192, 20_000, 100_000),
  perInstance: fc.boolean(),
  targetBytes: fc.integer({ min: 1, max: 20e6 }),
  limitBytes: fc.integer({ min: 64 * 1024, max: 200e6 }),
  gathers: fc.boolean(),
});

test("steps cut a tensor into rectangles that tile it in order, each within the limit", () => {
  fc.assert(
    fc.property(cut, ({ layout, samples, channels, planeSize, perInstance, targetBytes, limitBytes, gathers }) => {
      const shape = layout === "NCL" ? [samples, channels, planeSize] : [samples, planeSize, 1, channels];
      const geometry = geometryOf(shape, layout);
      const table = tableShape("float32", samples, channels, planeSize, { perInstance });
      const budget = { itemSize: 4, targetBytes: Math.min(targetBytes, limitBytes), limitBytes, rowBytes: 1e6 };
      const steps = gathers ? gatherSteps(geometry, table, budget) : contiguousSteps(geometry, table, budget);
      const leaves = leavesPerPlane(geometry, table);
      expect(steps.leaves === leaves || Number.isInteger(Math.log2(steps.leaves))).toBe(true);
      const grain = table.grain;
      const bytes = steps.blocks * grain * steps.channels * Math.min(planeSize, steps.leaves * 8192) * 4;
      const least = grain * Math.min(planeSize, 8192) * 4;
      expect(bytes).toBeLessThanOrEqual(Math.max(limitBytes, least));
      if (!gathers || steps.blocks > 1) expect(steps.blocks === 1 || steps.blocks * steps.channels * 64 <= 1e6).toBe(true);
      const blocks = Math.ceil(samples / grain);
      const whole = { block: 0, blockEnd: blocks, channel: 0, channelEnd: channels, leaf: 0, leafEnd: leaves };
      const grid = gridOf(whole, steps);
      fc.pre(grid.length < 5000);
      let covered = 0;
      let last = [-1, -1, -1];
      for (let i = 0; i < grid.length; i++) {
        const r = grid.at(i);
        covered += (r.blockEnd - r.block) * (r.channelEnd - r.channel) * (r.leafEnd - r.leaf);
        const at = [r.block, r.channel, r.leaf];
        const order = at.map((x, k) => Math.sign(x - (last[k] as number))).find((sign) => sign !== 0);
        expect(order).toBe(1);
        last = at;
      }
      expect(covered).toBe(blocks * channels * leaves);
    }),
    { seed: 7, numRuns: 300 },
  );
});
