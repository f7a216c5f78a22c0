import type { DType } from "@normstream/tensor";

/** A small seeded generator (mulberry32): uniform in [0, 1). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What the hard cases of a leaf look like; each gives value i of a sequence. */
export const DATA_CLASSES: Record<string, (random: () => number, i: number) => number> = {
  "mean 0": (random) => random() + random() + random() - 1.5,
  "mean 1e4": (random) => 1e4 + random(),
  "mean 1e6": (random) => 1e6 + random() * 2 - 1,
  "outlier first": (random, i) => (i === 0 ? 1e9 : 3 + random()),
  "mean moves after 64": (random, i) => (i % 8192 < 64 ? random() : 5000 + random()),
  constant: () => 0.1,
  "10^U(±18)": (random) => (random() < 0.5 ? -1 : 1) * 10 ** (36 * random() - 18),
  subnormal: (random) => (random() - 0.5) * 2e-44,
  "signed zeros": (random) => (random() < 0.5 ? -0 : 0),
  "a few not finite": (random) => (random() < 0.01 ? pick(random, [NaN, Infinity, -Infinity]) : 100 + random()),
  "mostly not finite": (random) => (random() < 0.9 ? pick(random, [NaN, Infinity, -Infinity]) : -5 + random()),
  "not finite first": (random, i) => (i < 70 ? NaN : 1e5 + random()),
  "all NaN": () => NaN,
  "sum overflows": (random) => (0.5 + random()) * 1.1e308,
  "squares overflow": (random) => (random() - 0.5) * 1e200,
  "constant, beyond float32": () => 1e100,
};

const pick = (random: () => number, of: readonly number[]): number => of[Math.floor(random() * of.length)] as number;

const RANGE: Partial<Record<DType, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int8: [-128, 127],
  uint8: [0, 255],
};

/** Names of the classes that say something about a type. */
export function classesOf(dtype: DType): string[] {
  return dtype in RANGE ? ["uniform", "extremes", "constant", "low"] : Object.keys(DATA_CLASSES);
}

/** `count` values of a class; integers are whole and in range, floats are rounded by who writes them. */
export function dataOf(dtype: DType, name: string, count: number, seed: number): Float64Array {
  const random = randomOf(seed);
  const range = RANGE[dtype];
  if (!range) {
    const make = DATA_CLASSES[name] as (random: () => number, i: number) => number;
    return Float64Array.from({ length: count }, (_, i) => make(random, i));
  }
  const [low, high] = range;
  const value = {
    uniform: () => low + Math.floor(random() * (high - low + 1)),
    extremes: () => (random() < 0.5 ? low : high),
    constant: () => low,
    low: () => Math.max(low, -3) + Math.floor(random() * 7),
  }[name] as () => number;
  return Float64Array.from({ length: count }, value);
}
