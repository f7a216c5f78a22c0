import type { DType, Layout } from "normstream";

/** Logical values of a tensor, element (n, c, j) at `(n · C + c) · S + j`, exact in their dtype. */
export interface SampleData {
  readonly dtype: DType;
  readonly samples: number;
  readonly channels: number;
  readonly planeSize: number;
  /** `[N, C, S]` float64 */
  readonly values: Float64Array;
  at(n: number, c: number, j: number): number;
}

export const ALL_DTYPES: readonly DType[] = [
  "float64",
  "float32",
  "float16",
  "bfloat16",
  "int32",
  "int16",
  "uint16",
  "int8",
  "uint8",
];

const INTEGER_RANGE: Partial<Record<DType, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
  int8: [-128, 127],
  uint8: [0, 255],
};

/** A seeded source of numbers in [0, 1) (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A normal deviate (sum of 12, enough for data). */
export const normalOf = (random: () => number): number => Array.from({ length: 12 }, random).reduce((a, b) => a + b) - 6;

/** Kinds of numbers that sums go wrong on. */
export const KINDS = {
  normal: (random) => normalOf(random),
  "mean 1e4": (random) => 1e4 + normalOf(random),
  "mean 1e6": (random) => 1e6 + normalOf(random),
  "outlier first": (random, i) => (i === 0 ? 1e9 : normalOf(random)),
  "many magnitudes": (random) => normalOf(random) * 10 ** (36 * random() - 18),
  constant: () => 3.25,
  "signed zeros": (random) => (random() < 0.5 ? -0 : 0),
  denormal: (random) => normalOf(random) * 1e-41,
  "not finite": (random) => [NaN, Infinity, -Infinity, 1, 2][Math.floor(random() * 5)] as number,
  "seldom not finite": (random) =>
    random() < 0.002 ? ([NaN, Infinity, -Infinity][Math.floor(random() * 3)] as number) : normalOf(random),
} as const satisfies Record<string, (random: () => number, i: number) => number>;

export type Kind = keyof typeof KINDS;

export function sampleData(
  dtype: DType,
  [samples, channels, planeSize]: readonly [number, number, number],
  kind: Kind,
  seed = 1,
): SampleData {
  const random = randomOf(seed);
  const range = INTEGER_RANGE[dtype];
  const make = KINDS[kind] as (random: () => number, i: number) => number;
  const values = Float64Array.from({ length: samples * channels * planeSize }, (_, i) => {
    if (!range) return nearest(dtype, make(random, i % planeSize));
    const [low, high] = range;
    return kind === "constant" ? high : low + Math.floor(random() * (high - low + 1));
  });
  return dataOf(dtype, [samples, channels, planeSize], values);
}

export function dataOf(
  dtype: DType,
  [samples, channels, planeSize]: readonly [number, number, number],
  values: Float64Array,
): SampleData {
  return { dtype, samples, channels, planeSize, values, at: (n, c, j) => values[(n * channels + c) * planeSize + j] as number };
}

/** A number that the dtype holds: for 16-bit floats the one next to zero, which is near enough for data. */
function nearest(dtype: DType, x: number): number {
  if (dtype === "float64") return x;
  if (dtype === "float32") return Math.fround(x);
  return decode16(dtype as "float16" | "bfloat16", encode16(dtype as "float16" | "bfloat16", x));
}

const SCRATCH = new DataView(new ArrayBuffer(8));

/** Bits of a 16-bit float, cut off towards zero; beyond float16's range its largest number. */
function encode16(dtype: "float16" | "bfloat16", x: number): number {
  SCRATCH.setFloat32(0, x);
  const bits = SCRATCH.getUint32(0);
  if (dtype === "bfloat16") return Number.isNaN(x) ? 0x7fc0 : bits >>> 16;
  const sign = (bits >>> 16) & 0x8000;
  if (Number.isNaN(x)) return 0x7e00;
  if (Math.abs(x) === Infinity) return sign | 0x7c00;
  const size = Math.abs(x);
  if (size >= 65504) return sign | 0x7bff;
  if (size < 2 ** -14) return sign | Math.floor(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | (((exponent + 15) << 10) + Math.floor((size / 2 ** exponent - 1) * 1024));
}

function decode16(dtype: "float16" | "bfloat16", bits: number): number {
  if (dtype === "bfloat16") {
    SCRATCH.setUint32(0, bits << 16);
    return SCRATCH.getFloat32(0);
  }
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

const ITEM_SIZE: Record<DType, 1 | 2 | 4 | 8> = {
  float64: 8,
  float32: 4,
  int32: 4,
  float16: 2,
  bfloat16: 2,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
};
export const itemSizeOf = (dtype: DType): 1 | 2 | 4 | 8 => ITEM_SIZE[dtype];

function writeElement(view: DataView, at: number, dtype: DType, x: number, little: boolean): void {
  if (dtype === "float64") view.setFloat64(at, x, little);
  else if (dtype === "float32") view.setFloat32(at, x, little);
  else if (dtype === "float16" || dtype === "bfloat16") view.setUint16(at, encode16(dtype, x), little);
  else if (dtype === "int32") view.setInt32(at, x, little);
  else if (dtype === "int16") view.setInt16(at, x, little);
  else if (dtype === "uint16") view.setUint16(at, x, little);
  else if (dtype === "int8") view.setInt8(at, x);
  else view.setUint8(at, x);
}

function readElement(view: DataView, at: number, dtype: DType): number {
  if (dtype === "float64") return view.getFloat64(at, true);
  if (dtype === "float32") return view.getFloat32(at, true);
  if (dtype === "float16" || dtype === "bfloat16") return decode16(dtype, view.getUint16(at, true));
  throw new Error(`no normalized values in ${dtype}`);
}

export interface Storage {
  readonly layout: Layout;
  readonly order?: "C" | "F";
  readonly bigEndian?: boolean;
}

/** The shape under a layout; planes are split into spatial axes as evenly as they go. */
export function shapeIn(layout: Layout, { samples, channels, planeSize }: Omit<SampleData, "values" | "at">): number[] {
  const spatialAxes = [...layout].filter((axis) => axis !== "N" && axis !== "C").length;
  const spatial: number[] = [];
  let rest = planeSize;
  for (let left = spatialAxes; left > 1; left--) {
    let extent = Math.floor(rest ** (1 / left));
    while (rest % extent !== 0) extent--;
    spatial.push(extent);
    rest /= extent;
  }
  if (spatialAxes > 0) spatial.push(rest);
  let next = 0;
  return [...layout].map((axis) => (axis === "N" ? samples : axis === "C" ? channels : (spatial[next++] as number)));
}

/** Calls back with each element's index in storage and its index in `[N, C, S]`. */
function forEachElement(
  data: SampleData,
  { layout, order = "C" }: Storage,
  visit: (stored: number, logical: number) => void,
): void {
  const shape = shapeIn(layout, data);
  const { channels, planeSize } = data;
  const index = shape.map(() => 0);
  const fileStrides = shape.map((_, axis) =>
    (order === "C" ? shape.slice(axis + 1) : shape.slice(0, axis)).reduce((a, b) => a * b, 1),
  );
  for (let done = data.values.length === 0; !done; ) {
    let n = 0;
    let c = 0;
    let j = 0;
    let stored = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      const i = index[axis] as number;
      if (layout[axis] === "N") n = i;
      else if (layout[axis] === "C") c = i;
      else j = j * (shape[axis] as number) + i;
      stored += i * (fileStrides[axis] as number);
    }
    visit(stored, (n * channels + c) * planeSize + j);
    let axis = shape.length - 1;
    while (axis >= 0 && ++(index[axis] as number) === shape[axis]) index[axis--] = 0;
    done = axis < 0;
  }
}

/** The tensor's bytes as a file would hold them. */
export function encode(data: SampleData, storage: Storage): Uint8Array {
  const size = itemSizeOf(data.dtype);
  const bytes = new Uint8Array(data.values.length * size);
  const view = new DataView(bytes.buffer);
  forEachElement(data, storage, (stored, logical) => {
    writeElement(view, stored * size, data.dtype, data.values[logical] as number, !storage.bigEndian);
  });
  return bytes;
}

/** `[N, C, S]` float64 values of little-endian bytes in C order of a layout. */
export function decode(bytes: Uint8Array, like: SampleData, dtype: DType, layout: Layout): Float64Array {
  const size = itemSizeOf(dtype);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float64Array(like.values.length);
  forEachElement(like, { layout }, (stored, logical) => {
    values[logical] = readElement(view, stored * size, dtype);
  });
  return values;
}
