import { usageError } from "@normstream/tensor";
import { parseBytes } from "./bytes.js";

/** Buffers below this cannot hold what every thread needs. */
const SMALLEST_MEMORY = 8e6;

/**
 * Reads what the buffers of a pass may take: bytes, or a text such as "512MB" (MB = 10⁶).
 * @throws NormstreamError of kind `usage` for what is no number of bytes, or too few.
 */
export function parseMemory(value: number | string): number {
  const bytes = parseBytes(value);
  if (bytes < SMALLEST_MEMORY) {
    throw usageError(`a memory of ${bytes} bytes is too small`, { expected: `at least ${SMALLEST_MEMORY / 1e6}MB` });
  }
  return bytes;
}
