import { elementCount, type Layout } from "@normstream/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BatchNorm, createInlineEngine, GroupNorm, InstanceNorm, LayerNorm, type Tensor, tensorIn } from "../src/index.js";

const pool = createInlineEngine();
const tensor = (shape: readonly number[], data: ArrayLike<number>, layout?: Layout): Tensor =>
  tensorIn(pool, shape, "float64", { data, ...(layout ? { layout } : {}) });

type AnyLayer = BatchNorm | InstanceNorm | GroupNorm | LayerNorm;

interface Sample {
  readonly name: string;
  readonly shape: readonly number[];
  readonly layout: Layout;
  readonly make: () => AnyLayer;
  readonly training: boolean;
}

const LAYOUTS: readonly Layout[] = ["NC", "NCL", "NCHW", "NHWC", "NCDHW"];

/** A shape of a layout, from N, C and up to three extents of a plane. */
function shapeOf(layout: Layout, n: number, c: number, plane: readonly number[]): number[] {
  const extents: Record<string, number> = { N: n, C: c, L: plane[0] as number, D: plane[2] as number };
  return [...layout].map((axis) => extents[axis] ?? (axis === "H" ? (plane[0] as number) : (plane[1] as number)));
}

const samples = fc
  .record({
    norm: fc.constantFrom("batch", "instance", "group", "layer"),
    layout: fc.constantFrom(...LAYOUTS),
    n: fc.integer({ min: 2, max: 4 }),
    groups: fc.integer({ min: 1, max: 2 }),
    perGroup: fc.integer({ min: 1, max: 3 }),
    plane: fc.tuple(fc.integer({ min: 2, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
    affine: fc.boolean(),
    track: fc.boolean(),
    training: fc.boolean(),
    eps: fc.constantFrom(1e-5, 1e-3, 0.5),
  })
  // One value to a statistic has no gradient: those are refused, see below.
  .filter(
    ({ norm, layout, perGroup }) => layout !== "NC" || norm === "batch" || (norm === "group" && perGroup > 1) || norm === "layer",
  )
  .map(({ norm, layout, n, groups, perGroup, plane, affine, track, training, eps }): Sample => {
    const channels = groups * perGroup;
    const shape = shapeOf(layout, n, channels, plane);
    const options = { pool, eps, affine };
    const make = {
      batch: () => new BatchNorm(channels, { ...options, trackRunningStats: track }),
      instance: () => new InstanceNorm(channels, { ...options, trackRunningStats: track }),
      group: () => new GroupNorm(groups, channels, options),
      layer: () => new LayerNorm(shape.slice(1), options),
    }[norm];
    return { name: norm, shape, layout, make, training };
  });

/** Numbers that look random and are the same in each run. */
const noise = (length: number, seed: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => Math.sin((i + 1) * 12.9898 + seed * 78.233) * 2 + Math.cos(i * seed));

/** A layer in the state that a sample describes: learned parameters, and averages as after some training. */
function layerOf({ make, training }: Sample): AnyLayer {
  const layer = make();
  layer.weight?.set(noise(layer.weight.length, 3).map((w) => w + 3));
  layer.bias?.set(noise(layer.bias.length, 5));
  if ("runningMean" in layer) {
    layer.runningMean?.set(noise(layer.numFeatures, 7));
    layer.runningVar?.set(noise(layer.numFeatures, 9).map((v) => v * v + 0.5));
  }
  return layer.train(training);
}

/** Loss = Σ dy · y of a layer in a sample's state, whose parameters `change` may alter. */
async function lossOf(sample: Sample, x: Float64Array, dy: Float64Array, change: (layer: AnyLayer) => void = () => {}) {
  const layer = layerOf(sample);
  change(layer);
  using input = tensor(sample.shape, x, sample.layout);
  using y = await layer.forward(input, { gradients: false });
  return Array.from(y.data).reduce((sum, value, i) => sum + value * (dy[i] as number), 0);
}

const STEP = 3e-4;
/** Central difference of a loss by one number, of fourth order: off by h⁴ and by rounding, some 1e-9 of what these losses are. */
async function central(lossAt: (shift: number) => Promise<number>): Promise<number> {
  const near = (await lossAt(STEP)) - (await lossAt(-STEP));
  const far = (await lossAt(2 * STEP)) - (await lossAt(-2 * STEP));
  return (8 * near - far) / (12 * STEP);
}
/** Gradients that cancel out have no relative error: below this it is counted as an absolute one. */
const LEAST = 1e-3;

test("gradients agree with central differences to 1e-6: four layers, both modes, every layout", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(samples, async (sample) => {
      seen.add(`${sample.name} ${sample.training} ${sample.layout === "NHWC"}`);
      const length = elementCount(sample.shape);
      const [values, dyValues] = [noise(length, 1), noise(length, 2)];
      using x = tensor(sample.shape, values, sample.layout);
      using dy = tensor(sample.shape, dyValues, sample.layout);
      const layer = layerOf(sample);
      (await layer.forward(x))[Symbol.dispose]();
      const { dx, dweight, dbias } = await layer.backward(dy);
      const scale = Math.max(...Array.from(dx.data, Math.abs), LEAST);
      const places = Array.from({ length: 6 }, (_, k) => Math.floor((k * length) / 6));
      for (const i of places) {
        const expected = await central((shift) => lossOf(sample, values.with(i, (values[i] as number) + shift), dyValues));
        expect(Math.abs((dx.data[i] as number) - expected) / scale).toBeLessThan(1e-6);
      }
      expect(dweight === null).toBe(layer.weight === null);
      for (const [name, found] of [["weight", dweight] as const, ["bias", dbias] as const]) {
        if (!found) continue;
        expect(found).toHaveLength(layer[name]?.length ?? 0);
        for (const i of new Set([0, found.length - 1])) {
          const at = (shift: number) =>
            lossOf(sample, values, dyValues, (l) => {
              (l[name] as Float64Array)[i] = (l[name]?.[i] ?? 0) + shift;
            });
          const expected = await central(at);
          expect(Math.abs((found[i] as number) - expected) / Math.max(LEAST, Math.abs(expected))).toBeLessThan(1e-6);
        }
      }
      dx[Symbol.dispose]();
    }),
    { numRuns: 150, seed: 20260 },
  );
  // Four layers, both modes, channels first and last.
  expect(seen.size).toBe(16);
});

describe("planes of more than a leaf, and rows of more than 8192 elements", () => {
  const cases: [string, () => AnyLayer, number[], Layout][] = [
    ["batch norm, channels first", () => new BatchNorm(2, { pool }), [3, 2, 9000], "NCL"],
    ["batch norm, channels last", () => new BatchNorm(3, { pool }), [2, 70, 70, 3], "NHWC"],
    ["batch norm of a table", () => new BatchNorm(2, { pool }), [9000, 2], "NC"],
    ["instance norm, channels last", () => new InstanceNorm(2, { pool, affine: true }), [2, 100, 90, 2], "NHWC"],
    ["group norm", () => new GroupNorm(2, 4, { pool }), [2, 4, 8200], "NCL"],
    ["layer norm", () => new LayerNorm([3, 3000], { pool }), [5, 3, 3000], "NCL"],
    ["layer norm of short rows", () => new LayerNorm(70, { pool }), [9000, 70], "NC"],
  ];
  test.each(cases)("%s: the plain formula", async (_, make, shape, layout) => {
    const length = elementCount(shape);
    const [values, dyValues] = [noise(length, 1), noise(length, 2)];
    const layer = make();
    layer.weight?.set(noise(layer.weight.length, 3));
    using x = tensor(shape, values, layout);
    using dy = tensor(shape, dyValues, layout);
    (await layer.forward(x))[Symbol.dispose]();
    const { dx, dweight, dbias } = await layer.backward(dy);
    const expected = plainBackward(layer, shape, layout, values, dyValues);
    expect(worst(dx.data, expected.dx)).toBeLessThan(1e-11);
    expect(worst(dweight ?? [], expected.dweight)).toBeLessThan(1e-11);
    expect(worst(dbias ?? [], expected.dbias)).toBeLessThan(1e-11);
    dx[Symbol.dispose]();
  });
});

/** Largest difference, relative to the largest value. */
function worst(found: ArrayLike<number>, expected: Float64Array): number {
  expect(found.length).toBe(expected.length);
  const scale = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs((found[i] as number) - value)), 0) / scale;
}

/** The textbook's backward pass, value by value: sets of elements that share a statistic, and which weight each takes. */
function plainBackward(layer: AnyLayer, shape: number[], layout: Layout, x: Float64Array, dy: Float64Array) {
  const channelAxis = layout.indexOf("C");
  const channels = shape[channelAxis] as number;
  const inner = shape.slice(channelAxis + 1).reduce((a, b) => a * b, 1);
  const sampleSize = x.length / (shape[0] as number);
  const weightLength = layer.weight?.length ?? channels;
  const isRow = layer instanceof LayerNorm;
  const rowSize = isRow ? elementCount(layer.normalizedShape) : sampleSize;
  const channelOf = (i: number) => Math.floor(i / inner) % channels;
  const weightOf = (i: number) => (isRow ? i % rowSize : channelOf(i));
  const setOf = (i: number): number => {
    const n = Math.floor(i / rowSize);
    if (isRow) return n;
    if (layer instanceof BatchNorm) return channelOf(i);
    if (layer instanceof GroupNorm) return n * layer.numGroups + Math.floor((channelOf(i) * layer.numGroups) / channels);
    return n * channels + channelOf(i);
  };
  const sets = new Map<number, number[]>();
  for (let i = 0; i < x.length; i++) {
    const list = sets.get(setOf(i));
    if (list) list.push(i);
    else sets.set(setOf(i), [i]);
  }
  const dx = new Float64Array(x.length);
  const dweight = new Float64Array(weightLength);
  const dbias = new Float64Array(weightLength);
  const value = (list: Float64Array, i: number) => list[i] as number;
  for (const members of sets.values()) {
    const n = members.length;
    const mean = members.reduce((sum, i) => sum + value(x, i), 0) / n;
    const variance = members.reduce((sum, i) => sum + (value(x, i) - mean) ** 2, 0) / n;
    const rstd = 1 / Math.sqrt(variance + layer.eps);
    const hat = (i: number) => (value(x, i) - mean) * rstd;
    const g = (i: number) => value(dy, i) * (layer.weight?.[weightOf(i)] ?? 1);
    const s = members.reduce((sum, i) => sum + g(i), 0) / n;
    const q = members.reduce((sum, i) => sum + g(i) * hat(i), 0) / n;
    for (const i of members) {
      dx[i] = rstd * (g(i) - s - hat(i) * q);
      dweight[weightOf(i)] = value(dweight, weightOf(i)) + value(dy, i) * hat(i);
      dbias[weightOf(i)] = value(dbias, weightOf(i)) + value(dy, i);
    }
  }
  return layer.weight ? { dx, dweight, dbias } : { dx, dweight: new Float64Array(), dbias: new Float64Array() };
}

describe("dtypes", () => {
  test.each(["float32", "float16", "bfloat16", "uint8", "int16"] as const)(
    "x of %s takes dy of float32, and gives dx of it",
    async (dtype) => {
      const layer = new BatchNorm(2, { pool });
      using x = tensorIn(pool, [4, 2, 3], dtype, { data: Float64Array.from({ length: 24 }, (_, i) => (i * 7) % 11) });
      using y = await layer.forward(x);
      using dy = tensorIn(pool, y.shape, "float32", { data: noise(24, 2) });
      const { dx } = await layer.backward(dy);
      expect([y.dtype, dx.dtype]).toEqual(["float32", "float32"]);
      expect(dx.data.some((value) => value !== 0)).toBe(true);
      // Moving all of x, or stretching it, changes nothing.
      const largest = Math.max(...Array.from(dx.data, Math.abs));
      expect(Math.abs(Array.from(dx.data).reduce((a, b) => a + b, 0)) / largest).toBeLessThan(1e-5);
      dx[Symbol.dispose]();
    },
  );
});

describe("in place", () => {
  test.each<[string, AnyLayer]>([
    ["batch norm", new BatchNorm(3, { pool })],
    ["instance norm", new InstanceNorm(3, { pool, affine: true })],
    ["layer norm", new LayerNorm([3, 50], { pool })],
  ])("%s: dx over dy is dx", async (_, layer) => {
    const shape = [4, 3, 50];
    using x = tensor(shape, noise(600, 1));
    using dy = tensor(shape, noise(600, 2));
    (await layer.forward(x))[Symbol.dispose]();
    const apart = await layer.backward(dy);
    (await layer.forward(x))[Symbol.dispose]();
    const inPlace = await layer.backward(dy, { into: dy });
    expect(inPlace.dx).toBe(dy);
    expect(dy.data).toEqual(apart.dx.data);
    expect([inPlace.dweight, inPlace.dbias]).toEqual([apart.dweight, apart.dbias]);
    apart.dx[Symbol.dispose]();
  });
});

describe("values that are not finite", () => {
  const values = noise(24, 1);
  values[4] = Number.NaN;
  test("propagate: they reach what shares their statistic, and nothing else", async () => {
    const layer = new BatchNorm(2, { pool });
    using x = tensor([4, 2, 3], values);
    using dy = tensor([4, 2, 3], noise(24, 2));
    (await layer.forward(x))[Symbol.dispose]();
    const { dx, dweight } = await layer.backward(dy);
    const isNan = Array.from({ length: 24 }, (_, i) => Number.isNaN(dx.data[i]));
    expect(isNan).toEqual(Array.from({ length: 24 }, (_, i) => Math.floor(i / 3) % 2 === 1));
    expect(Array.from(dweight ?? [], Number.isNaN)).toEqual([false, true]);
    dx[Symbol.dispose]();
  });
  test("omit: forward leaves them out, backward has no answer", async () => {
    const layer = new BatchNorm(2, { pool, nan: "omit" });
    using x = tensor([4, 2, 3], values);
    using dy = tensor([4, 2, 3], noise(24, 2));
    (await layer.forward(x))[Symbol.dispose]();
    await expect(layer.backward(dy)).rejects.toMatchObject({ kind: "usage", message: expect.stringContaining("left out") });
  });
  test("error: forward refuses them", async () => {
    const layer = new BatchNorm(2, { pool, nan: "error" });
    using x = tensor([4, 2, 3], values);
    await expect(layer.forward(x)).rejects.toMatchObject({ kind: "data" });
  });
});

describe("misuse", () => {
  const shape = [4, 2, 3];
  const layerWith = async (options: { gradients?: boolean } = {}) => {
    const layer = new BatchNorm(2, { pool });
    const x = tensor(shape, noise(24, 1));
    (await layer.forward(x, options))[Symbol.dispose]();
    return { layer, x };
  };
  const dy = tensor(shape, noise(24, 2));

  test("backward before forward, a second time, and after a forward pass without gradients", async () => {
    await expect(new BatchNorm(2, { pool }).backward(dy)).rejects.toThrow("backward before forward");
    const { layer } = await layerWith();
    const { dx } = await layer.backward(dy);
    dx[Symbol.dispose]();
    await expect(layer.backward(dy)).rejects.toThrow("backward for the second time");
    const without = await layerWith({ gradients: false });
    await expect(without.layer.backward(dy)).rejects.toThrow("without gradients");
  });

  test.each<[string, () => Tensor, string]>([
    [
      "shape",
      () => tensor([4, 2, 4], noise(32, 1)),
      "expected float64 of shape [4, 2, 3] (NCL), found float64 of shape [4, 2, 4] (NCL)",
    ],
    ["dtype", () => tensorIn(pool, shape, "float32"), "found float32"],
    ["pool", () => tensorIn(createInlineEngine(), shape, "float64"), "another pool"],
  ])("dy of another %s: says what came and what was due", async (_, make, message) => {
    const { layer } = await layerWith();
    await expect(layer.backward(make())).rejects.toMatchObject({ kind: "usage", message: expect.stringContaining(message) });
    // The forward pass is still there for a gradient that fits.
    const { dx } = await layer.backward(dy);
    dx[Symbol.dispose]();
  });

  test("dy or x that was disposed of", async () => {
    const { layer, x } = await layerWith();
    const gone = tensor(shape, noise(24, 2));
    gone[Symbol.dispose]();
    await expect(layer.backward(gone)).rejects.toThrow("[4, 2, 3] is used after it was disposed");
    x[Symbol.dispose]();
    await expect(layer.backward(dy)).rejects.toThrow("used after it was disposed");
  });

  test("x that forward has overwritten", async () => {
    const layer = new BatchNorm(2, { pool });
    using x = tensor(shape, noise(24, 1));
    await layer.forward(x, { into: x });
    await expect(layer.backward(dy)).rejects.toThrow("overwritten");
  });

  test("a failed or aborted backward pass leaves no memory behind", async () => {
    const { layer } = await layerWith();
    const before = pool.heap.bytesInUse;
    await expect(layer.backward(dy, { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: "aborted" });
    expect(pool.heap.bytesInUse).toBe(before);
    const { dx } = await layer.backward(dy);
    dx[Symbol.dispose]();
    expect(pool.heap.bytesInUse).toBe(before);
  });
});
