import { byteAt, endOfNumber, unsignedAt } from "./leb128.js";

/** An instruction of WebAssembly as far as counting goes. */
export interface Instruction {
  /** Where the next one begins. */
  readonly end: number;
  /** 1, or 0 for what no machine executes: structure, constants, and moves to and from locals, which are registers. */
  readonly operations: 0 | 1;
  /** Bytes of memory that it reads and writes. */
  readonly read: number;
  readonly written: number;
  /** Whether what follows may be executed more or less often than what is before. */
  readonly endsBlock: boolean;
  /** Whether it moves as many bytes as the last operand says: they are read and written, or written alone. */
  readonly bulk?: "copy" | "fill";
}

const UNREACHABLE = 0x00;
const NOP = 0x01;
const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const ELSE = 0x05;
const END = 0x0b;
const BR = 0x0c;
const BR_IF = 0x0d;
const BR_TABLE = 0x0e;
const RETURN = 0x0f;
const CALL = 0x10;
const CALL_INDIRECT = 0x11;
const DROP = 0x1a;
const SELECT = 0x1b;
const SELECT_TYPED = 0x1c;
const LOCAL_GET = 0x20;
const LOCAL_TEE = 0x22;
const TABLE_SET = 0x26;
const FIRST_LOAD = 0x28;
const FIRST_STORE = 0x36;
const LAST_STORE = 0x3e;
const I32_CONST = 0x41;
const I64_CONST = 0x42;
const F32_CONST = 0x43;
const F64_CONST = 0x44;
const LAST_NUMERIC = 0xc4;
const BULK_PREFIX = 0xfc;
const SIMD_PREFIX = 0xfd;

const ENDS_BLOCK = new Set([UNREACHABLE, LOOP, IF, ELSE, END, BR, BR_IF, BR_TABLE, RETURN]);
const IS_FREE = new Set([NOP, BLOCK, LOOP, ELSE, END, DROP, I32_CONST, I64_CONST, F32_CONST, F64_CONST]);

/** Bytes that i32.load … i64.load32_u and i32.store … i64.store32 move, by opcode. */
const SCALAR_BYTES = [4, 8, 4, 8, 1, 1, 2, 2, 1, 1, 2, 2, 4, 4, 4, 8, 4, 8, 1, 2, 1, 2, 4];

/** @throws Error for an instruction that the kernels have no use for: tables, references, atomics, exceptions */
export function instructionAt(bytes: Uint8Array, at: number): Instruction {
  const opcode = byteAt(bytes, at);
  if (opcode === SIMD_PREFIX) return simdAt(bytes, at + 1);
  if (opcode === BULK_PREFIX) return bulkAt(bytes, at + 1);
  const moved = opcode >= FIRST_LOAD && opcode <= LAST_STORE ? (SCALAR_BYTES[opcode - FIRST_LOAD] as number) : 0;
  return {
    end: endOfOperands(bytes, opcode, at + 1),
    operations: IS_FREE.has(opcode) || (opcode >= LOCAL_GET && opcode <= LOCAL_TEE) ? 0 : 1,
    read: opcode < FIRST_STORE ? moved : 0,
    written: opcode < FIRST_STORE ? 0 : moved,
    endsBlock: ENDS_BLOCK.has(opcode),
  };
}

function endOfOperands(bytes: Uint8Array, opcode: number, at: number): number {
  if (opcode === BR_TABLE || opcode === SELECT_TYPED) {
    const { value, end } = unsignedAt(bytes, at);
    return endOfNumbers(bytes, end, opcode === BR_TABLE ? value + 1 : value);
  }
  if (opcode === F32_CONST) return at + 4;
  if (opcode === F64_CONST) return at + 8;
  if (opcode === CALL_INDIRECT || (opcode >= FIRST_LOAD && opcode <= LAST_STORE)) return endOfNumbers(bytes, at, 2);
  const takesNumber =
    (opcode >= BLOCK && opcode <= IF) ||
    opcode === BR ||
    opcode === BR_IF ||
    opcode === CALL ||
    (opcode >= LOCAL_GET && opcode <= TABLE_SET) ||
    (opcode > LAST_STORE && opcode <= I64_CONST);
  if (takesNumber) return endOfNumber(bytes, at);
  const isBare = opcode <= NOP || opcode === ELSE || opcode === END || opcode === RETURN || opcode === DROP || opcode === SELECT;
  if (isBare || (opcode > F64_CONST && opcode <= LAST_NUMERIC)) return at;
  throw unknown(opcode, at);
}

const MEMORY_COPY = 10;
const MEMORY_FILL = 11;
/** i32.trunc_sat_f32_s … i64.trunc_sat_f64_u. */
const LAST_TRUNCATION = 7;

function bulkAt(bytes: Uint8Array, at: number): Instruction {
  const { value: opcode, end } = unsignedAt(bytes, at);
  const plain = { operations: 1, read: 0, written: 0, endsBlock: false } as const;
  if (opcode <= LAST_TRUNCATION) return { ...plain, end };
  if (opcode === MEMORY_COPY) return { ...plain, end: end + 2, bulk: "copy" };
  if (opcode === MEMORY_FILL) return { ...plain, end: end + 1, bulk: "fill" };
  throw unknown(opcode, at);
}

const V128_STORE = 11;
const V128_CONST = 12;
const SHUFFLE = 13;
const FIRST_LANE = 21;
const LAST_LANE = 34;
const LOAD_LANE = 84;
const STORE_LANE = 88;
const LOAD_ZERO = 92;
const LAST_MEMORY = 93;

/** Bytes that v128.load, its widening and its splatting forms and v128.store move, then those of lanes, then load32_zero, load64_zero. */
const VECTOR_BYTES = [16, 8, 8, 8, 8, 8, 8, 1, 2, 4, 8, 16];
const LANE_BYTES = [1, 2, 4, 8, 1, 2, 4, 8, 4, 8];

function simdAt(bytes: Uint8Array, at: number): Instruction {
  const { value: opcode, end } = unsignedAt(bytes, at);
  const isMemory = opcode <= V128_STORE || (opcode >= LOAD_LANE && opcode <= LAST_MEMORY);
  const moved = (opcode <= V128_STORE ? VECTOR_BYTES[opcode] : LANE_BYTES[opcode - LOAD_LANE]) ?? 0;
  const isStore = opcode === V128_STORE || (opcode >= STORE_LANE && opcode < LOAD_ZERO);
  const hasLane = (opcode >= FIRST_LANE && opcode <= LAST_LANE) || (opcode >= LOAD_LANE && opcode < LOAD_ZERO);
  const operands = isMemory ? endOfNumbers(bytes, end, 2) : opcode === V128_CONST || opcode === SHUFFLE ? end + 16 : end;
  return {
    end: hasLane ? operands + 1 : operands,
    operations: opcode === V128_CONST ? 0 : 1,
    read: isMemory && !isStore ? moved : 0,
    written: isStore ? moved : 0,
    endsBlock: false,
  };
}

function endOfNumbers(bytes: Uint8Array, at: number, count: number): number {
  let end = at;
  for (let left = count; left > 0; left--) end = endOfNumber(bytes, end);
  return end;
}

const unknown = (opcode: number, at: number) => new Error(`instruction 0x${opcode.toString(16)} at byte ${at} is not known here`);
