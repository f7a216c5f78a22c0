import { forEachRun, geometryOf, LAYOUTS, type Layout, type Region, regionSize } from "@normstream/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";
import { enclosingBox, scatterBox } from "../../src/regions/scatter.js";

const way = fc.record({
  layout: fc.constantFrom<Layout>(...LAYOUTS),
  extents: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 5, maxLength: 5 }),
  chunks: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 5, maxLength: 5 }),
  cuts: fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
  order: fc.constantFrom("C", "F"),
  size: fc.constantFrom(1, 2, 4, 8),
});

test("a region that is put together from chunks of any shape and order is the region", () => {
  fc.assert(
    fc.property(way, ({ layout, extents, chunks, cuts, order, size }) => {
      const shape = extents.slice(0, layout.length);
      const geometry = geometryOf(shape, layout);
      const cut = (extent: number, i: number) => {
        const from = (cuts[i] as number) % extent;
        return [from, from + 1 + ((cuts[i + 1] as number) % (extent - from))] as const;
      };
      const [sample, sampleEnd] = cut(geometry.samples, 0);
      const [channel, channelEnd] = cut(geometry.channels, 2);
      const [position, positionEnd] = cut(geometry.planeSize, 4);
      const region: Region = { sample, sampleEnd, channel, channelEnd, position, positionEnd };
      const Elements = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array }[size] as typeof Uint8Array;
      const element = (value: number) => (size === 8 ? BigInt(value) : value) as number;
      const expected = new Elements(regionSize(region));
      forEachRun(region, geometry, (first, packed, length) => {
        for (let i = 0; i < length; i++) expected[packed + i] = element((first + i) % 251);
      });
      const target = new Elements(regionSize(region));
      const bytes = new Uint8Array(target.buffer);
      const box = enclosingBox(layout, geometry, region);
      const rank = layout.length;
      const starts = box.map(({ from, to }, axis) => {
        const chunk = chunks[axis] as number;
        const first = Math.floor(from / chunk) * chunk;
        return Array.from({ length: Math.ceil((to - first) / chunk) }, (_, i) => first + i * chunk);
      });
      const origins = starts.reduce<number[][]>((all, at) => all.flatMap((origin) => at.map((i) => [...origin, i])), [[]]);
      for (const origin of origins) {
        const chunkShape = chunks.slice(0, rank);
        const stride = chunkShape.map((_, axis) =>
          (order === "C" ? chunkShape.slice(axis + 1) : chunkShape.slice(0, axis)).reduce((a, b) => a * b, 1),
        );
        const data = new Elements(chunkShape.reduce((a, b) => a * b, 1));
        const index = new Array<number>(rank).fill(0);
        for (let k = 0; k < data.length; k++) {
          const at = index.map((i, axis) => i + (origin[axis] as number));
          // Beyond the tensor's end a chunk holds anything.
          const isInside = at.every((i, axis) => i < (shape[axis] as number));
          const flat = at.reduce((sum, i, axis) => sum * (shape[axis] as number) + i, 0);
          const place = index.reduce((sum, i, axis) => sum + i * (stride[axis] as number), 0);
          data[place] = element(isInside ? flat % 251 : 255);
          for (let axis = rank - 1; axis >= 0; axis--) {
            index[axis] = (index[axis] as number) + 1;
            if ((index[axis] as number) < (chunkShape[axis] as number)) break;
            index[axis] = 0;
          }
        }
        scatterBox({ data, origin, shape: chunkShape, stride }, layout, geometry, region, bytes);
      }
      expect([...target]).toEqual([...expected]);
    }),
    { seed: 6, numRuns: 300 },
  );
});
