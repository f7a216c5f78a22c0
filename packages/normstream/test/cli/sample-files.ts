import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { encodeNpyHeader, encodeSafetensors, writeNpz } from "@normstream/formats";
import type { DType } from "@normstream/tensor";

/** Numbers that look random and are the same everywhere: a linear congruential generator, mapped to [−2, 2). */
export function sampleValues(length: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 30 - 2;
  });
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const bytesOf = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

export function writeNpy(path: string, shape: readonly number[], data: ArrayBufferView, dtype: DType = "float32"): void {
  writeFileSync(path, Buffer.concat([encodeNpyHeader(shape, dtype), bytesOf(data)]));
}

/** A `.npy` file of float32 sample values; gives them. */
export function writeSample(path: string, shape: readonly number[], seed = 1): Float32Array {
  const values = sampleValues(product(shape), seed);
  writeNpy(path, shape, values);
  return values;
}

/** A `.npy` file of float32 zeros that takes no room on the disk. */
export function writeSparse(path: string, shape: readonly number[]): void {
  const header = encodeNpyHeader(shape, "float32");
  const file = openSync(path, "w");
  writeSync(file, header);
  ftruncateSync(file, header.length + 4 * product(shape));
  closeSync(file);
}

/** The elements of a `.npy` file of float32. */
export function readNpyFloats(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + 10 + bytes.readUInt16LE(8), bytes.byteOffset + bytes.length));
}

export function writeStateDict(path: string, entries: Readonly<Record<string, readonly number[]>>): void {
  const tensors = Object.entries(entries).map(([name, values]) => {
    return { name, shape: [values.length], dtype: "float32", bytes: bytesOf(Float32Array.from(values)) } as const;
  });
  writeFileSync(path, encodeSafetensors(tensors));
}

/** An archive of float32 arrays. */
export const writeArchive = (path: string, arrays: Readonly<Record<string, readonly number[]>>): Promise<void> =>
  writeNpz(
    path,
    Object.fromEntries(
      Object.entries(arrays).map(([name, shape], seed) => {
        const data = bytesOf(sampleValues(product(shape), seed + 1));
        return [`${name}.npy`, [encodeNpyHeader(shape, "float32"), data]];
      }),
    ),
  );
