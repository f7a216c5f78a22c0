import { instructionAt } from "./instruction.js";
import { byteAt, endOfNumber, signed, unsigned, unsignedAt } from "./leb128.js";

/** What a module has done since the counts were cleared: instructions executed, and bytes of memory that they read and wrote. */
export interface Counts {
  readonly operations: number;
  readonly read: number;
  readonly written: number;
}

/** Where a counted module keeps its counts in its memory: 3 int64 at byte 0, where no pointer of ours leads. */
const COUNTERS = { operations: 0, read: 8, written: 16 };

/** Counts since the last clearing. @param memory of one or more counted modules that run in this thread */
export function countsIn(memory: WebAssembly.Memory): Counts {
  const [operations, read, written] = new BigInt64Array(memory.buffer, 0, 3);
  return { operations: Number(operations), read: Number(read), written: Number(written) };
}

export const clearCounts = (memory: WebAssembly.Memory): void => void new BigInt64Array(memory.buffer, 0, 3).fill(0n);

const GLOBAL_SECTION = 6;
const CODE_SECTION = 10;
const HEADER_BYTES = 8;

/**
 * A module that does what the given one does, and counts it: each stretch of instructions that are executed together begins by
 * adding what it does to the counts. They are the same on every machine and in every version of Node.
 * @param wasm a module with a memory and a global section, none of its globals imported; not mutated
 */
export function countedModule(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const out: number[] = [...wasm.subarray(0, HEADER_BYTES)];
  let length = 0;
  for (let at = HEADER_BYTES; at < wasm.length; ) {
    const id = byteAt(wasm, at);
    const { value: size, end: start } = unsignedAt(wasm, at + 1);
    at = start + size;
    let section: readonly number[] | Uint8Array = wasm.subarray(start, at);
    if (id === GLOBAL_SECTION) {
      length = unsignedAt(wasm, start).value;
      section = withLength(wasm.subarray(start, at), length);
    } else if (id === CODE_SECTION) section = countedCode(wasm.subarray(start, at), length);
    out.push(id, ...unsigned(section.length));
    for (const byte of section) out.push(byte);
  }
  return Uint8Array.from(out);
}

const I32 = 0x7f;
const IS_MUTABLE = 1;
const I32_CONST = 0x41;
const END = 0x0b;

/** The globals and one more, which holds how many bytes a bulk instruction moves while they are counted. */
function withLength(globals: Uint8Array, count: number): number[] {
  return [...unsigned(count + 1), ...globals.subarray(endOfNumber(globals, 0)), I32, IS_MUTABLE, I32_CONST, 0, END];
}

/** @param length index of the global that `withLength` appended */
function countedCode(code: Uint8Array, length: number): number[] {
  const { value: functions, end } = unsignedAt(code, 0);
  const out = unsigned(functions);
  for (let at = end, left = functions; left > 0; left--) {
    const { value: size, end: start } = unsignedAt(code, at);
    at = start + size;
    const body = countedBody(code.subarray(start, at), length);
    out.push(...unsigned(body.length));
    for (const byte of body) out.push(byte);
  }
  return out;
}

function countedBody(body: Uint8Array, length: number): number[] {
  const first = endOfLocals(body);
  const out: number[] = [...body.subarray(0, first)];
  let block: number[] = [];
  let counts = { operations: 0, read: 0, written: 0 };
  for (let at = first; at < body.length; ) {
    const { end, operations, read, written, endsBlock, bulk } = instructionAt(body, at);
    counts.operations += operations;
    counts.read += read;
    counts.written += written;
    if (bulk) block.push(...countedLength(bulk, length));
    block.push(...body.subarray(at, end));
    at = end;
    if (!endsBlock) continue;
    for (const [name, count] of Object.entries(counts) as [keyof Counts, number][]) {
      if (count > 0) out.push(...added(name, [I64_CONST, ...signed(count)]));
    }
    for (const byte of block) out.push(byte);
    block = [];
    counts = { operations: 0, read: 0, written: 0 };
  }
  return out;
}

function endOfLocals(body: Uint8Array): number {
  let { value: left, end } = unsignedAt(body, 0);
  for (; left > 0; left--) end = endOfNumber(body, end) + 1;
  return end;
}

const GLOBAL_GET = 0x23;
const GLOBAL_SET = 0x24;
const I64_LOAD = 0x29;
const I64_STORE = 0x37;
const I64_CONST = 0x42;
const I64_ADD = 0x7c;
const I64_EXTEND_I32_U = 0xad;
/** An int64 lies at a multiple of 2^3 bytes. */
const ALIGNMENT = 3;

/** Adds an int64, which instructions push, to a count. */
function added(name: keyof Counts, pushed: readonly number[]): number[] {
  const at = COUNTERS[name];
  return [I32_CONST, 0, I32_CONST, 0, I64_LOAD, ALIGNMENT, at, ...pushed, I64_ADD, I64_STORE, ALIGNMENT, at];
}

/** Adds the number of bytes on the stack to the counts, and leaves it there. */
function countedLength(bulk: "copy" | "fill", length: number): number[] {
  const pushed = [GLOBAL_GET, ...unsigned(length), I64_EXTEND_I32_U];
  const read = bulk === "copy" ? added("read", pushed) : [];
  return [GLOBAL_SET, ...unsigned(length), ...read, ...added("written", pushed), GLOBAL_GET, ...unsigned(length)];
}
