/** A figure as people read it: 0.073, 12.3, 1.2e-5; three significant digits. */
export function figure(value: number): string {
  if (Number.isNaN(value)) return "unknown";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  const text = size >= 1e6 || size < 1e-4 ? size.toExponential(2).replace(/\.?0+e\+?/, "e") : digits(size);
  return value < 0 ? `−${text}` : text;
}

function digits(size: number): string {
  if (size >= 1000) return String(Math.round(size));
  return String(Number(size.toPrecision(3)));
}

/** 13 %, 0.4 %, 100 %: of a share from 0 to 1. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return "< 0.1 %";
  if (value < 100 && value > 99.9) return "> 99.9 %";
  return `${value < 1 ? value.toFixed(1) : Math.round(value)} %`.replace("0.0 %", "0 %");
}

/** 7.84 M, 62,720, 512: a count. */
export function amount(count: number): string {
  for (const [unit, size] of [
    ["T", 1e12],
    ["G", 1e9],
    ["M", 1e6],
  ] as const) {
    if (count >= size) return `${Number((count / size).toPrecision(3))} ${unit}`;
  }
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** 999 bytes, 7.84 MB (10⁶). */
export function byteAmount(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  const power = Math.min(5, Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${["kB", "MB", "GB", "TB", "PB"][power - 1]}`;
}

/** 1 channel, 3 channels, 1,200 batches. */
export const counted = (count: number, word: string): string =>
  `${amount(count)} ${count === 1 ? word : /(s|x|ch|sh)$/.test(word) ? `${word}es` : `${word}s`}`;

/** Numbers in a row, cut short: 3, 17, 20 and 5 more. */
export function listed(numbers: readonly number[], total = numbers.length, most = 8): string {
  const shown = numbers.slice(0, most).join(", ");
  return total > most ? `${shown} and ${amount(total - most)} more` : shown;
}
