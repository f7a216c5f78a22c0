import { writeFileSync } from "node:fs";
import h5wasm from "h5wasm";
import type { DType } from "normstream";
import { encode, type SampleData, type Storage, shapeIn } from "./sample-data.js";

const ARRAYS = {
  float64: [Float64Array, "<d"],
  float32: [Float32Array, "<f"],
  int32: [Int32Array, "<i"],
  int16: [Int16Array, "<h"],
  uint16: [Uint16Array, "<H"],
  int8: [Int8Array, "<b"],
  uint8: [Uint8Array, "<B"],
} as const satisfies Partial<Record<DType, unknown>>;

export const hdf5Holds = (dtype: DType): dtype is keyof typeof ARRAYS => dtype in ARRAYS;

/** Writes the data into an HDF5 file, in packed chunks that cut every axis, or contiguous. */
export async function writeHdf5(path: string, isChunked: boolean, data: SampleData, { layout }: Storage): Promise<void> {
  const { FS } = await h5wasm.ready;
  const { dtype } = data;
  if (!hdf5Holds(dtype)) throw new Error(dtype);
  const [Elements, code] = ARRAYS[dtype];
  const shape = shapeIn(layout, data);
  const chunks = shape.map((extent) => Math.max(1, Math.ceil(extent / 2) - 1, Math.ceil(extent / 5)));
  const name = `/law-${Math.random().toString(36).slice(2)}.h5`;
  const file = new h5wasm.File(name, "w");
  const values = new Elements(encode(data, { layout }).buffer as ArrayBuffer);
  const packing = isChunked ? { chunks, compression: 4 } : {};
  file.create_group("inner").create_dataset({ name: "data", data: values, shape, dtype: code, ...packing });
  file.close();
  writeFileSync(path, FS.readFile(name));
  FS.unlink(name);
}
