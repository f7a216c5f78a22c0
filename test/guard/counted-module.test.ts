import { compileKernel, createKernel, SCRATCH_BYTES } from "@normstream/kernel";
import { ROW_BYTES } from "@normstream/moments";
import { describe, expect, test } from "vitest";
import { clearCounts, countedModule, countsIn } from "./counted-module.js";
import { instructionAt } from "./instruction.js";
import { kernelBytes } from "./kernel-bytes.js";
import { unsigned } from "./leb128.js";

const I32 = 0x7f;
const VOID = 0x40;
const [UNREACHABLE, NOP, BLOCK, LOOP, IF, ELSE, END] = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x0b] as const;
const [BR, BR_IF, BR_TABLE, RETURN, CALL, DROP] = [0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x1a] as const;
const [LOCAL_GET, LOCAL_SET, LOCAL_TEE, I32_CONST, I32_EQZ, I32_SUB] = [0x20, 0x21, 0x22, 0x41, 0x45, 0x6b] as const;
const [CATCH, CALL_INDIRECT, I64_LOAD, I32_STORE8, LAST_NUMERIC] = [0x07, 0x11, 0x29, 0x3a, 0xc4] as const;
const [BULK, COPY, FILL, SIMD, V128_LOAD, V128_CONST, LOAD16_LANE, STORE64_LANE] = [0xfc, 10, 11, 0xfd, 0, 12, 85, 91] as const;

/** 64, where no count is. */
const AT = [I32_CONST, 0xc0, 0x00] as const;
const N = [LOCAL_GET, 0] as const;
const READ_8 = [...AT, I64_LOAD, 3, 0, DROP] as const;
const WRITE_1 = [...AT, I32_CONST, 7, I32_STORE8, 0, 0] as const;
const VECTORS = [
  ...[...AT, ...AT, ...AT, SIMD, V128_LOAD, 4, 0],
  ...[SIMD, LOAD16_LANE, 1, 0, 7, SIMD, STORE64_LANE, 3, 0, 1],
] as const;

/** Repeats a body until a local has been counted down to 0: 2 operations a turn beside it. */
const repeated = (local: number, body: readonly number[]) => [
  ...[LOOP, VOID, ...body, LOCAL_GET, local],
  ...[I32_CONST, 1, I32_SUB, LOCAL_TEE, local, BR_IF, 0, END],
];
const eitherOf = (yes: readonly number[], no: readonly number[]) => [...N, IF, VOID, ...yes, ELSE, ...no, END];
/** n = 0 reads and goes on with n = 1, which writes; other n do nothing. */
const TABLE = [
  ...[BLOCK, VOID, BLOCK, VOID, BLOCK, VOID, ...N, BR_TABLE, 2, 0, 1, 2, END],
  ...[...READ_8, END, ...WRITE_1, END],
] as const;

const section = (id: number, content: readonly number[]) => [id, ...unsigned(content.length), ...content];

/** A module with a memory, whose function `run` takes n, has one local more, and this body; function 1 reads 8 bytes. */
function moduleOf(body: readonly number[]): Uint8Array<ArrayBuffer> {
  const bodies = [body, READ_8].map((code) => [1, 1, I32, ...code, END]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [2, 0x60, 1, I32, 0, 0x60, 0, 0]),
    ...section(2, [1, 1, 0x65, 1, 0x6d, 2, 3, 1, 1]),
    ...section(3, [2, 0, 1]),
    ...section(6, [0]),
    ...section(7, [1, 3, 0x72, 0x75, 0x6e, 0, 0]),
    ...section(10, [bodies.length, ...bodies.flatMap((code) => [...unsigned(code.length), ...code])]),
  ]);
}

function countsOf(body: readonly number[], n: number) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(countedModule(moduleOf(body))), { e: { m: memory } });
  (exports.run as (n: number) => void)(n);
  const counts = countsIn(memory);
  clearCounts(memory);
  expect(countsIn(memory)).toEqual({ operations: 0, read: 0, written: 0 });
  return counts;
}

test.each<[string, body: readonly number[], n: number, operations: number, read: number, written: number]>([
  ["nothing", [NOP], 5, 0, 0, 0],
  ["a load and a store", [...READ_8, ...WRITE_1], 5, 2, 8, 1],
  ["a vector, a lane that is read, a lane that is written", VECTORS, 5, 3, 16 + 2, 8],
  ["a loop, by its turns", [...repeated(0, READ_8), ...WRITE_1], 5, 5 * 3 + 1, 5 * 8, 1],
  ["a loop in a loop", repeated(0, [I32_CONST, 3, LOCAL_SET, 1, ...repeated(1, READ_8)]), 5, 5 * (3 * 3 + 2), 5 * 3 * 8, 0],
  ["one arm", eitherOf(READ_8, WRITE_1), 1, 2, 8, 0],
  ["the other arm", eitherOf(READ_8, WRITE_1), 0, 2, 0, 1],
  ["no arm", [...N, I32_EQZ, IF, VOID, ...READ_8, END], 1, 2, 0, 0],
  ["not what a branch jumps over", [BLOCK, VOID, BR, 0, ...READ_8, END, ...WRITE_1], 1, 2, 0, 1],
  ["the first case of a table, and what it falls into", TABLE, 0, 3, 8, 1],
  ["the second case", TABLE, 1, 2, 0, 1],
  ["the default", TABLE, 9, 1, 0, 0],
  ["not what stands behind a return", [...N, IF, VOID, RETURN, END, ...READ_8], 1, 2, 0, 0],
  ["a function, as often as it is called", repeated(0, [CALL, 1]), 5, 5 * (1 + 1 + 2), 5 * 8, 0],
  ["bytes copied", [...AT, ...AT, ...N, BULK, COPY, 0, 0], 100, 1, 100, 100],
  ["bytes filled", [...AT, I32_CONST, 1, ...N, BULK, FILL, 0], 100, 1, 0, 100],
  ["more in one stretch than one byte can say", Array(90).fill(READ_8).flat(), 1, 90, 90 * 8, 0],
])("counts %s", (_, body, n, operations, read, written) => {
  expect(countsOf(body, n)).toEqual({ operations, read, written });
});

/** A constant, of whose bytes none is an alignment, a lane or the beginning of an instruction but the first; and the way out. */
const BEHIND = [SIMD, V128_CONST, ...Array(16).fill(CATCH), DROP, RETURN];

/** The bytes of an instruction with operands of 0, as short as V8 takes them; undefined where it knows no such instruction. */
function shortest(opcode: readonly number[]): readonly number[] | undefined {
  for (let operands = 0; operands <= 16; operands++) {
    const instruction = [...opcode, ...Array(operands).fill(0)];
    if (WebAssembly.validate(moduleOf([UNREACHABLE, ...instruction, ...BEHIND]))) return instruction;
  }
  return undefined;
}

const upTo = (last: number) => Array.from({ length: last + 1 }, (_, i) => i);

describe("where an instruction ends", () => {
  test.each<[string, opcodes: number[][], least: number]>([
    [
      "of one byte",
      // Not those on exceptions, which newer versions know, nor on references.
      upTo(LAST_NUMERIC)
        .filter((opcode) => opcode <= ELSE || (opcode >= END && opcode <= CALL_INDIRECT) || opcode >= DROP)
        .map((opcode) => [opcode]),
      160,
    ],
    ["on saturation and on bulk memory", upTo(FILL).map((opcode) => [BULK, opcode]), 10],
    ["on vectors", upTo(0x113).map((opcode) => [SIMD, ...unsigned(opcode)]), 236],
  ])("%s, V8 says too", (_, opcodes, least) => {
    const known = opcodes.map(shortest).filter((instruction) => instruction !== undefined);
    expect(known.length).toBeGreaterThanOrEqual(least);
    for (const instruction of known) {
      const bytes = Uint8Array.from([...instruction, ...BEHIND]);
      expect(instructionAt(bytes, 0).end, `0x${instruction.map((byte) => byte.toString(16)).join(" ")}`).toBe(instruction.length);
    }
  });
});

test("counted kernels compute what the kernels compute", () => {
  const SCRATCH = 65536;
  const ROWS = SCRATCH + Math.ceil(SCRATCH_BYTES / 64) * 64;
  const SOURCE = ROWS + 4 * ROW_BYTES;
  const counted = new WebAssembly.Module(countedModule(kernelBytes()));
  const [found, expected] = [counted, compileKernel()].map((module) => {
    const memory = new WebAssembly.Memory({ initial: 10, maximum: 65536, shared: true });
    const kernel = createKernel(memory, SCRATCH, module);
    const values = new Float32Array(memory.buffer, SOURCE, 4 * 9000);
    values.forEach((_, i) => {
      values[i] = i % 7001 === 0 ? NaN : Math.sin(i);
    });
    kernel.planeRows("float32", SOURCE, 4, 9000, 4 * 9000, ROWS);
    return new BigUint64Array(memory.buffer, ROWS, (4 * ROW_BYTES) / 8).slice();
  });
  expect(found).toEqual(expected);
});
