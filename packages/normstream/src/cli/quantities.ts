/** Decimal units: 1 MB = 10⁶ bytes, as `--memory` reads them. */
const UNITS = ["kB", "MB", "GB", "TB", "PB"] as const;

/** 999 bytes, 7.84 MB, 12.3 GB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  const power = Math.min(UNITS.length, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${UNITS[power - 1]}`;
}

/** 0.012 s, 4.2 s, 65 s, 12 min; a whole number stays one. */
export function formatSeconds(seconds: number): string {
  if (seconds >= 600) return `${Math.round(seconds / 60)} min`;
  return `${seconds < 1 ? Number(seconds.toPrecision(2)) : seconds < 10 && !Number.isInteger(seconds) ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

/** 2.31 GB/s. */
export const formatRate = (bytes: number, seconds: number): string =>
  `${formatBytes(Math.round(bytes / Math.max(seconds, 1e-6)))}/s`;

/** A value to 7 significant digits; whole numbers as they are. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (value === 0 || (Number.isInteger(value) && size < 1e15)) return String(value);
  if (size >= 1e-4 && size < 1e12) return String(Number(value.toPrecision(7)));
  return value.toExponential(6).replace(/\.?0+e/, "e");
}

/** 1 channel, 3 channels. */
export const counted = (count: number, word: string): string => `${count} ${count === 1 ? word : `${word}s`}`;
