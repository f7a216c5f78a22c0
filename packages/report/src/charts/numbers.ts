/** Digits of a whole part in groups of three: 10,000. */
const grouped = (text: string): string => text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
/** Decimals without zeros at their end; the zeros of an exponent are not theirs. */
const trimmed = (text: string): string => text.replace(/(\.\d*?)0+(?=e|$)/, "$1").replace(/\.(?=e|$)/, "");
/** Four figures: 89.87, 0.07311, 12. */
const significant = (value: number): string => trimmed(value.toPrecision(4));
/** 1.234e+9 */
const scientific = (value: number): string => trimmed(value.toExponential(3));

const UNITS: readonly (readonly [number, string])[] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/** Minus signs as typography wants them: U+2212, which is as wide as a plus. */
const typographic = (text: string): string => text.replace(/^-|(?<=e)-/g, "−").replace("e+", "e");

/** A count: 784, 10,000, 7.84 M. Exact below a million. */
export function countText(count: number): string {
  if (!Number.isFinite(count)) return numberText(count);
  return Math.abs(count) < 1e6 ? typographic(grouped(String(count))) : unitText(count);
}

/** A number with the letter of its thousands: 1.6 k, 7.84 M, three figures. */
function unitText(value: number): string {
  for (const [unit, letter] of UNITS) {
    if (Math.abs(value) >= unit * 0.9995) return `${numberText(Number((value / unit).toPrecision(3)))}\u00a0${letter}`;
  }
  return numberText(value);
}

/** Bytes with three figures: 784 B, 25.1 kB, 7.84 MB (10⁶). */
export function byteText(bytes: number): string {
  if (!(bytes >= 999.5)) return `${numberText(bytes)}\u00a0B`;
  const power = Math.min(5, Math.floor(Math.log10(bytes * 1.0005) / 3));
  return `${numberText(Number((bytes / 1000 ** power).toPrecision(3)))}\u00a0${["", "kB", "MB", "GB", "TB", "PB"][power]}`;
}

/** A measured value with four figures: 89.87, 0.07311, 1.234e9; NaN and infinities by name. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e6 || size < 1e-4) return typographic(scientific(value));
  if (size >= 1e4) return typographic(grouped(String(Math.round(value))));
  return typographic(significant(value));
}

/** A share of 1 in per cent: 13 %, 0.4 %, <0.1 %. */
export function percentText(share: number): string {
  if (!Number.isFinite(share)) return numberText(share);
  if (share > 0 && share < 0.001) return "<0.1\u00a0%";
  return `${numberText(Number((share * 100).toPrecision(2)))}\u00a0%`;
}

/** Labels of ticks that stand `step` apart: all with the same decimals, so that they can be read down a column. */
export function tickTexts(values: readonly number[], step: number): string[] {
  const largest = Math.max(0, ...values.map(Math.abs));
  if (largest >= 1e6 || (largest > 0 && largest < 1e-3))
    return values.map((value) => (value === 0 ? "0" : typographic(scientific(value))));
  const decimals = Math.max(0, -Math.floor(Math.log10(Math.abs(step)) + 1e-9));
  return values.map((value) => typographic(fixedText(value, Math.min(decimals, 8))));
}

/** A number with so many decimals, its whole part in groups; −0 is 0. */
function fixedText(value: number, decimals: number): string {
  const [whole = "", part] = (value + 0).toFixed(decimals).split(".");
  const text = part === undefined ? grouped(whole) : `${grouped(whole)}.${part}`;
  return Number(value.toFixed(decimals)) === 0 ? text.replace("-", "") : text;
}
