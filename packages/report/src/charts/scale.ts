import { tickStep, ticks } from "d3-array";
import { countText, numberText, tickTexts } from "./numbers.js";

export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** A mapping of values to px. `ticks(count)` gives about that many; `invert` goes back from px. */
export interface Scale {
  readonly kind: "linear" | "log" | "asinh";
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
  (value: number): number;
  invert(px: number): number;
  ticks(count: number): readonly Tick[];
}

type Pair = readonly [number, number];

interface Bend {
  readonly kind: Scale["kind"];
  readonly forward: (value: number) => number;
  readonly back: (value: number) => number;
  readonly ticks: (domain: Pair, count: number) => readonly Tick[];
}

/** A scale that maps evenly after bending. A domain of one value is mapped to the middle of the range. */
function bentScale(bend: Bend, domain: Pair, range: Pair): Scale {
  const [from, to] = [bend.forward(domain[0]), bend.forward(domain[1])];
  const [start, end] = range;
  const map = (value: number): number =>
    from === to ? (start + end) / 2 : start + ((bend.forward(value) - from) / (to - from)) * (end - start);
  const invert = (px: number): number => bend.back(from + ((px - start) / (end - start || 1)) * (to - from));
  return Object.assign(map, { kind: bend.kind, domain, range, invert, ticks: (count: number) => bend.ticks(domain, count) });
}

const linearTicks = ([from, to]: Pair, count: number): readonly Tick[] => {
  if (from === to) return [{ value: from, label: numberText(from) }];
  const values = ticks(from, to, count);
  const labels = tickTexts(values, tickStep(from, to, count));
  return values.map((value, index) => ({ value, label: labels[index] ?? "" }));
};

const LINEAR: Bend = { kind: "linear", forward: (value) => value, back: (value) => value, ticks: linearTicks };

export const linearScale = (domain: Pair, range: Pair): Scale => bentScale(LINEAR, domain, range);

/** A logarithmic scale whose ticks are powers of `base`, every k-th of them where there are more than asked for. */
export function logScale(domain: Pair, range: Pair, base: 2 | 10): Scale {
  const exponent = base === 2 ? Math.log2 : Math.log10;
  const powers = ([from, to]: Pair, count: number): readonly Tick[] => {
    const [low, high] = [Math.ceil(exponent(from) - 1e-9), Math.floor(exponent(to) + 1e-9)];
    const stride = Math.max(1, Math.ceil((high - low + 1) / Math.max(1, count)));
    const found: Tick[] = [];
    for (let power = low; power <= high; power += stride) found.push({ value: base ** power, label: powerText(base ** power) });
    return found;
  };
  return bentScale({ kind: "log", forward: exponent, back: (value) => base ** value, ticks: powers }, domain, range);
}

const powerText = (value: number): string => (value >= 1 ? countText(value) : numberText(value));

/**
 * A scale that is linear below `unit` and logarithmic above it, on both sides of 0. Its ticks are 0 and powers of ten,
 * positive and negative.
 */
export function asinhScale(domain: Pair, range: Pair, unit: number): Scale {
  const decades = ([from, to]: Pair, count: number): readonly Tick[] => {
    const lowest = Math.ceil(Math.log10(unit));
    const highest = Math.floor(Math.log10(Math.max(Math.abs(from), Math.abs(to), unit)) + 1e-9);
    const stride = Math.max(1, Math.ceil(((highest - lowest + 1) * 2) / Math.max(1, count)));
    const sizes: number[] = [];
    for (let power = highest; power >= lowest; power -= stride) sizes.push(10 ** power);
    const values = [...sizes.map((size) => -size), 0, ...sizes.reverse()].filter((value) => value >= from && value <= to);
    return values.map((value) => ({ value, label: numberText(value) }));
  };
  const bend: Bend = {
    kind: "asinh",
    forward: (value) => Math.asinh(value / unit),
    back: (value) => Math.sinh(value) * unit,
    ticks: decades,
  };
  return bentScale(bend, domain, range);
}

/** The finite extent of numbers, or null where there is none. */
export function finiteExtent(...columns: readonly ArrayLike<number>[]): Pair | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const column of columns) {
    for (let index = 0; index < column.length; index++) {
      const value = column[index] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : null;
}

/** A domain with room at both ends, so that no mark touches the frame; ±1 (or ±10 %) around a single value. */
export function padded([low, high]: Pair, share = 0.04): Pair {
  const room = low === high ? Math.abs(low) * 0.1 || 1 : (high - low) * share;
  return [low - room, high + room];
}

/** Domains that axes hold at least: while a run goes on they only widen, so that nothing jumps. */
export interface LeastDomains {
  readonly x?: Pair | undefined;
  readonly y?: Pair | undefined;
}

/** A domain that holds another too. */
export const widened = (domain: Pair, other: Pair | undefined): Pair =>
  other === undefined ? domain : [Math.min(domain[0], other[0]), Math.max(domain[1], other[1])];
