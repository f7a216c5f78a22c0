import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import { type DType, openTensor, type TensorSource } from "normstream";
import { afterAll } from "vitest";
import { hdf5Holds, writeHdf5 } from "./hdf5.js";
import { png } from "./png.js";
import { dataOf, encode, type SampleData, type Storage, shapeIn } from "./sample-data.js";
import { tar } from "./tar.js";
import { writeZarr, type ZarrWay, zarrHolds } from "./zarr.js";

export const CONTAINERS = [
  "npy",
  "npz stored",
  "npz deflated",
  "safetensors",
  "raw",
  "idx",
  "idx gzip",
  "npy parts",
  "safetensors parts",
  "png folder",
  "png tars",
  "npy tar",
  "zarr 2",
  "zarr 3",
  "zarr 3 sharded",
  "hdf5",
  "hdf5 chunked",
] as const;
export type Container = (typeof CONTAINERS)[number];

const NUMPY: Partial<Record<DType, string>> = {
  float64: "f8",
  float32: "f4",
  float16: "f2",
  int32: "i4",
  int16: "i2",
  uint16: "u2",
  int8: "i1",
  uint8: "u1",
};
const SAFETENSORS: Record<DType, string> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  int32: "I32",
  int16: "I16",
  uint16: "U16",
  int8: "I8",
  uint8: "U8",
};
const IDX: Partial<Record<DType, number>> = { uint8: 0x08, int8: 0x09, int16: 0x0b, int32: 0x0c, float32: 0x0d, float64: 0x0e };

const isHdf5 = (container: Container): container is "hdf5" | "hdf5 chunked" => container.startsWith("hdf5");
const isZarr = (container: Container): container is `zarr ${ZarrWay}` => container.startsWith("zarr");

/** Whether a container can hold a dtype that is stored so. */
export function holds(
  container: Container,
  { dtype, channels }: SampleData,
  { order = "C", bigEndian = false }: Storage,
): boolean {
  if (container === "png folder" || container === "png tars")
    return order === "C" && !bigEndian && (dtype === "uint8" || dtype === "uint16") && channels <= 4;
  if (isHdf5(container)) return hdf5Holds(dtype) && order === "C" && !bigEndian;
  if (isZarr(container)) return zarrHolds(container.slice(5) as ZarrWay, dtype);
  if (container === "safetensors" || container === "safetensors parts") return order === "C" && !bigEndian;
  if (container === "raw") return order === "C";
  if (container === "idx" || container === "idx gzip") return order === "C" && bigEndian && dtype in IDX;
  return dtype in NUMPY;
}

/** Writes files of every container by hand, apart from Normstream's own writers; they go when the test file's tests are done. */
export function fileWriter() {
  const folder = mkdtempSync(join(tmpdir(), "normstream-laws-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let next = 0;
  const written = new WeakMap<SampleData, Map<string, Promise<TensorSource>>>();
  const write = async (container: Container, data: SampleData, storage: Storage): Promise<TensorSource> => {
    if (container === "png folder") return writeImages(data);
    if (container === "png tars") return writeTars(data);
    if (container === "npy tar") return writeTar(data, storage);
    if (isHdf5(container)) {
      const path = join(folder, `${next++}.h5`);
      await writeHdf5(path, container === "hdf5 chunked", data, storage);
      return await openTensor(path, { layout: storage.layout });
    }
    if (isZarr(container)) {
      const path = join(folder, `${next++}.zarr`);
      writeZarr(path, container.slice(5) as ZarrWay, data, storage);
      return await openTensor(path, { layout: storage.layout });
    }
    if (container === "npy parts" || container === "safetensors parts") return writeParts(container, data, storage);
    const path = join(folder, `${next++}.${container.split(" ")[0]}${container === "idx gzip" ? ".gz" : ""}`);
    const shape = shapeIn(storage.layout, data);
    const payload = encode(data, storage);
    writeFileSync(path, bytesOf(container, data.dtype, shape, storage, payload));
    const description = container === "raw" ? { shape, dtype: `${storage.bigEndian ? ">" : "<"}${data.dtype}` } : {};
    return await openTensor(path, { layout: storage.layout, ...description });
  };
  /** A folder of files that hold 1, 2, 3, 1, 2, 3, … of the samples, some of them folders down. */
  const writeParts = async (container: "npy parts" | "safetensors parts", data: SampleData, storage: Storage) => {
    const path = join(folder, `${next++}`);
    let first = 0;
    for (let i = 0; first < data.samples; i++) {
      const samples = Math.min(data.samples - first, data.samples > 100 ? 40 + i : 1 + (i % 3));
      const perSample = data.channels * data.planeSize;
      const values = data.values.subarray(first * perSample, (first + samples) * perSample);
      const part = dataOf(data.dtype, [samples, data.channels, data.planeSize], values);
      const name = `${String(i).padStart(4, "0")}${i % 4 === 3 ? "/a" : ""}.${container.split(" ")[0]}`;
      mkdirSync(dirname(join(path, name)), { recursive: true });
      const kind = container === "npy parts" ? "npy" : "safetensors";
      const bytes = bytesOf(kind, data.dtype, shapeIn(storage.layout, part), storage, encode(part, storage));
      writeFileSync(join(path, name), bytes);
      first += samples;
    }
    return await openTensor(path, { layout: storage.layout });
  };
  /** A folder of images. Their layout is their own: the digest does not know it. */
  const writeImages = async (data: SampleData) => {
    const path = join(folder, `${next++}`);
    mkdirSync(path);
    for (let n = 0; n < data.samples; n++) {
      writeFileSync(join(path, `${String(n).padStart(5, "0")}.png`), pngOf(data, n));
    }
    return await openTensor(path);
  };
  /** Images in three archives, as WebDataset keeps them. */
  const writeTars = async (data: SampleData) => {
    const path = join(folder, `${next++}`);
    mkdirSync(path);
    const perTar = Math.ceil(data.samples / 3);
    for (let i = 0; i * perTar < data.samples; i++) {
      const samples = Array.from({ length: Math.min(perTar, data.samples - i * perTar) }, (_, k) => i * perTar + k);
      const members = samples.flatMap((n) => [
        { name: `${n}.cls`, data: Buffer.from("7") },
        { name: `${n}.png`, data: pngOf(data, n) },
      ]);
      writeFileSync(join(path, `shard-00${i}.tar`), tar(members));
    }
    return await openTensor(`${path}/shard-{000..002}.tar`);
  };
  /** An archive of .npy files, a sample each. */
  const writeTar = async (data: SampleData, storage: Storage) => {
    const path = join(folder, `${next++}.tar`);
    const perSample = data.channels * data.planeSize;
    const members = Array.from({ length: data.samples }, (_, n) => {
      const values = data.values.subarray(n * perSample, (n + 1) * perSample);
      const part = dataOf(data.dtype, [1, data.channels, data.planeSize], values);
      return { name: `${n}.npy`, data: npy(data.dtype, shapeIn(storage.layout, part).slice(1), storage, encode(part, storage)) };
    });
    writeFileSync(path, tar(members));
    return await openTensor(path, { layout: storage.layout });
  };
  return {
    folder,
    /** A path that nothing else uses. */
    fresh: (extension: string) => join(folder, `${next++}.${extension}`),
    /** The data in a file of that kind, opened; written once. */
    open(container: Container, data: SampleData, storage: Storage): Promise<TensorSource> {
      const files = written.get(data) ?? new Map<string, Promise<TensorSource>>();
      written.set(data, files);
      const key = JSON.stringify([container, storage]);
      const file = files.get(key) ?? write(container, data, storage);
      files.set(key, file);
      return file;
    },
  };
}

/** A sample as an image. */
function pngOf(data: SampleData, n: number): Uint8Array {
  const [, height, width] = shapeIn("NHWC", data) as [number, number, number];
  const bits = data.dtype === "uint16" ? 16 : 8;
  return png([height, width], data.channels as 1 | 2 | 3 | 4, bits, (y, x, c) => data.at(n, c, y * width + x));
}

function bytesOf(
  container: Exclude<Container, `${string} parts` | `zarr ${string}` | `hdf5${string}` | "png folder" | "png tars" | "npy tar">,
  dtype: DType,
  shape: number[],
  storage: Storage,
  payload: Uint8Array,
): Uint8Array {
  switch (container) {
    case "npy":
      return npy(dtype, shape, storage, payload);
    case "npz stored":
      return zip(npy(dtype, shape, storage, payload), false);
    case "npz deflated":
      return zip(npy(dtype, shape, storage, payload), true);
    case "safetensors":
      return safetensors(dtype, shape, payload);
    case "raw":
      return payload;
    case "idx":
      return idx(dtype, shape, payload);
    case "idx gzip":
      return gzipSync(idx(dtype, shape, payload));
  }
}

function npy(dtype: DType, shape: number[], { order = "C", bigEndian = false }: Storage, payload: Uint8Array): Uint8Array {
  const fortran = order === "F" ? "True" : "False";
  const dict = `{'descr': '${bigEndian ? ">" : "<"}${NUMPY[dtype]}', 'fortran_order': ${fortran}, 'shape': (${shape.join(", ")},), }\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(dict.length);
  return Buffer.concat([Buffer.from("\x93NUMPY\x01\x00", "latin1"), length, Buffer.from(dict), payload]);
}

function zip(member: Uint8Array, deflated: boolean): Uint8Array {
  const name = Buffer.from("data.npy");
  const packed = deflated ? deflateRawSync(member) : member;
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(deflated ? 8 : 0, 4);
  common.writeUInt16LE(0x21, 8);
  common.writeUInt32LE(crc32(member), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(member.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, name, packed]);
  const directory = Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), common, Buffer.alloc(14), name]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end]);
}

function safetensors(dtype: DType, shape: number[], payload: Uint8Array): Uint8Array {
  const header = Buffer.from(JSON.stringify({ data: { dtype: SAFETENSORS[dtype], shape, data_offsets: [0, payload.length] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, payload]);
}

function idx(dtype: DType, shape: number[], payload: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = IDX[dtype] as number;
  header[3] = shape.length;
  for (const [axis, extent] of shape.entries()) header.writeUInt32BE(extent, 4 + 4 * axis);
  return Buffer.concat([header, payload]);
}
