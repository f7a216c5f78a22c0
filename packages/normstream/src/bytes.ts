import { usageError } from "@normstream/tensor";

const UNIT: Record<string, number> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/**
 * Reads a number of bytes: 512000000, "512MB" (10⁶), "512MiB" (2²⁰), "1.5GB".
 * @throws NormstreamError of kind `usage` for anything else.
 */
export function parseBytes(value: number | string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(String(value));
  const unit = UNIT[match?.[2]?.toLowerCase() ?? "?"];
  const bytes = match && unit !== undefined ? Math.floor(Number(match[1]) * unit) : Number.NaN;
  if (!Number.isSafeInteger(bytes))
    throw usageError(`"${value}" is not a number of bytes`, { expected: "for example 512MB or 2GiB" });
  return bytes;
}
