import { NormstreamError, usageError } from "@normstream/tensor";

const PAGE = 65536;
const ALIGN = 64;
/** A 32-bit WebAssembly memory ends here. */
const LIMIT = 65536 * PAGE;

/**
 * One shared WebAssembly memory and the ranges of it that are in use: where tensors live, so that kernels of every thread
 * compute on them without a copy. It grows on demand and keeps what it grew to; freed ranges are used again.
 */
export class Heap {
  readonly memory: WebAssembly.Memory;
  /** Free ranges, ascending, never touching. */
  #free: { start: number; end: number }[] = [];
  readonly #used = new Map<number, number>();
  /** First byte that was never handed out. */
  #top = PAGE; // a pointer is never 0

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: LIMIT / PAGE, shared: true });
  }

  /** Bytes in use. */
  get bytesInUse(): number {
    let sum = 0;
    for (const bytes of this.#used.values()) sum += bytes;
    return sum;
  }

  /**
   * Takes a range, aligned to 64 bytes, its content undefined.
   * @throws NormstreamError of kind `usage` where the 4 GiB of a WebAssembly memory do not hold it.
   */
  allocate(byteLength: number): number {
    const size = Math.max(ALIGN, Math.ceil(byteLength / ALIGN) * ALIGN);
    const hole = this.#free.findIndex(({ start, end }) => end - start >= size);
    let start: number;
    if (hole >= 0) {
      const range = this.#free[hole] as { start: number; end: number };
      start = range.start;
      range.start += size;
      if (range.start === range.end) this.#free.splice(hole, 1);
    } else {
      start = this.#top;
      ensureBytes(this.memory, start + size);
      this.#top = start + size;
    }
    this.#used.set(start, size);
    return start;
  }

  /** Gives a range back. Freeing twice is ignored. */
  free(pointer: number): void {
    const size = this.#used.get(pointer);
    if (size === undefined) return;
    this.#used.delete(pointer);
    const range = { start: pointer, end: pointer + size };
    const after = this.#free.findIndex(({ start }) => start > pointer);
    const index = after < 0 ? this.#free.length : after;
    const next = this.#free[index];
    const previous = this.#free[index - 1];
    if (next?.start === range.end) {
      next.start = range.start;
      if (previous?.end === next.start) {
        previous.end = next.end;
        this.#free.splice(index, 1);
      }
    } else if (previous?.end === range.start) previous.end = range.end;
    else this.#free.splice(index, 0, range);
    const last = this.#free.at(-1);
    if (last?.end === this.#top) {
      this.#top = last.start;
      this.#free.pop();
    }
  }
}

/**
 * Grows a memory until it holds `byteLength` bytes.
 * @throws NormstreamError where the 32-bit address space or the machine's memory ends.
 */
export function ensureBytes(memory: WebAssembly.Memory, byteLength: number): void {
  const missing = byteLength - memory.buffer.byteLength;
  if (missing <= 0) return;
  if (byteLength > LIMIT) {
    throw usageError(`${byteLength} bytes do not fit the 4 GiB of one engine's memory`, {
      hint: "Stream the data from a file, or dispose of tensors that are no longer needed.",
    });
  }
  try {
    memory.grow(Math.ceil(missing / PAGE));
  } catch (cause) {
    throw new NormstreamError("io", `the machine has no memory left for ${byteLength} bytes of buffers`, { cause });
  }
}
