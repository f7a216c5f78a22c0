import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  channelAt,
  channelLayout,
  countAt,
  countText,
  instanceAt,
  instancesFrame,
  noiseAt,
  noiseFrame,
  normCaption,
  normSets,
  numberText,
  percentText,
} from "../../src/charts/index.js";
import { asinhScale, linearScale, logScale } from "../../src/charts/scale.js";
import { images, layer, wide } from "./pictures.js";

describe("scales", () => {
  const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });

  test("invert is the inverse, and order is kept", () => {
    fc.assert(
      fc.property(finite, finite, finite, finite, (a, b, first, second) => {
        fc.pre(Math.abs(a - b) > 1e-3 && Math.abs(first - second) > 1e-3);
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        for (const scale of [linearScale([low, high], [0, 800]), asinhScale([low, high], [0, 800], 2)]) {
          // Both pass through asinh and sinh or a division: 1e-9 of the domain is far above their rounding.
          expect(Math.abs(scale.invert(scale(first)) - first)).toBeLessThan(1e-9 * (Math.abs(first) + high - low) + 1e-6);
          expect(scale(first) < scale(second)).toBe(first < second);
        }
      }),
    );
  });

  test("ticks lie in the domain, ascend, and have labels of their own", () => {
    fc.assert(
      fc.property(
        finite,
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        fc.integer({ min: 2, max: 12 }),
        (low, span, count) => {
          const high = low + span;
          for (const scale of [
            linearScale([low, high], [0, 1]),
            asinhScale([low, high], [0, 1], span / 100),
            logScale([1, 1 + span], [0, 1], 2),
          ]) {
            const ticks = scale.ticks(count);
            const values = ticks.map(({ value }) => value);
            expect(values).toEqual([...values].sort((a, b) => a - b));
            expect(
              values.every((value) => value >= scale.domain[0] - 1e-9 * span && value <= scale.domain[1] + 1e-9 * span),
            ).toBe(true);
            expect(ticks.length).toBeLessThanOrEqual(count * 2 + 3);
          }
        },
      ),
    );
  });

  test("one value stands in the middle", () => {
    expect(linearScale([5, 5], [0, 100])(5)).toBe(50);
  });
});

describe("numbers", () => {
  test.each([
    [784, "784"],
    [10_000, "10,000"],
    [7_840_000, "7.84\u00a0M"],
    [999_999, "999,999"],
    [12_800_000_000, "12.8\u00a0G"],
  ])("count %d is %s", (count, text) => expect(countText(count)).toBe(text));

  test.each([
    [89.87326, "89.87"],
    [-0.0731, "−0.0731"],
    [0, "0"],
    [1.23e-7, "1.23e−7"],
    [1.5e9, "1.5e9"],
    [18570.83, "18,571"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "−∞"],
  ])("number %d is %s", (value, text) => expect(numberText(value)).toBe(text));

  test.each([
    [0.13, "13\u00a0%"],
    [0.0004, "<0.1\u00a0%"],
    [0, "0\u00a0%"],
    [1, "100\u00a0%"],
  ])("share %d is %s", (share, text) => expect(percentText(share)).toBe(text));
});

describe("sets of the norms", () => {
  test("hold each value once, whatever the norm", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e4 }),
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 1e4 }),
        (samples, perGroup, groups, planeValues) => {
          const extent = { samples, channels: perGroup * groups, planeValues, planeAxes: "H·W", groups };
          for (const norm of ["batch", "instance", "group", "layer"] as const) {
            const { count, values } = normSets(norm, extent);
            expect(count * values).toBe(samples * perGroup * groups * planeValues);
          }
        },
      ),
    );
  });

  test("are said with the data's numbers", () => {
    expect(normCaption("batch", wide)).toBe("64 means, each of N·H·W = 7.84\u00a0M values.");
    expect(normCaption("group", wide)).toBe("80,000 means, each of C/G·H·W = 6,272 values.");
  });
});

describe("what lies under a pointer", () => {
  const size = { width: 900, height: 360 };

  test("channels, in any order", () => {
    for (const order of ["index", "std"] as const) {
      const layout = channelLayout(layer.columns, size, { order });
      for (const place of [0, 17, 63])
        expect(channelAt(layer.columns, layout, layout.x(place))).toBe(layer.columns.index[layout.order[place] ?? 0]);
      expect(channelAt(layer.columns, layout, 0)).toBe(null);
    }
  });

  test("batch sizes", () => {
    const frame = noiseFrame(images.noise, size);
    if (frame === null) throw new Error("no frame");
    for (const batch of [1, 2, 32, 1000]) expect(countAt(frame, frame.x(batch))).toBe(batch);
    expect(countAt(frame, -50)).toBe(1);
    expect(noiseAt(images.noise, 32)).toBe(images.noise.median[5]);
    expect(noiseAt(images.noise, 48)).toBeLessThan(noiseAt(images.noise, 32));
    expect(noiseAt(images.noise, 2000)).toBeNaN();
  });

  test("instances", () => {
    const frame = instancesFrame(images.instances, size);
    if (frame === null) throw new Error("no frame");
    const { outliers } = images.instances;
    const at = { x: frame.x(outliers.x[0] ?? 0) + 1, y: frame.y(outliers.y[0] ?? 0) };
    expect(instanceAt(images.instances, frame, at)?.sample).toBe(outliers.sample[0]);
    expect(instanceAt(images.instances, frame, { x: -100, y: -100 })).toBe(null);
  });
});
