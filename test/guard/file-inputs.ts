import { writeFileSync } from "node:fs";
import { type Layout, normalize, openTensor, type TensorSource } from "normstream";
import { type Container, fileWriter } from "../laws/containers.js";
import { sampleData } from "../laws/sample-data.js";
import { npyOf } from "../places/npy.js";
import { bytesOf } from "./process-bytes.js";

/** Threads that passes run in. */
export const THREADS = 2;

const KIB = 1024;
/** The longest of most heads: the end of a zip. */
const HEAD = 80 * KIB;
/** What unpacks reads ahead of what is wanted of it. */
const UNPACKED_HEAD = 1200 * KIB;
/** What is read of a Parquet file's end, by each thread and by who opens it. */
const PARQUET_END = 512 * KIB;

/** What a pass reads, and what reading it may cost. */
export interface FileInput {
  readonly name: string;
  /** Opens it anew; its files are written once. */
  open(): Promise<TensorSource>;
  /** Bytes of its files. */
  bytes(): number;
  /** Bytes that opening it may read. */
  opening(bytes: number): number;
  /** Bytes that a pass may read beside the file. */
  readonly beside: number;
}

const SHAPE: readonly [number, number, number] = [32, 8, 4096];
const PIXELS: readonly [number, number, number] = [64, 3, 4096];
const floats = sampleData("float32", SHAPE, "normal");
const pixels = sampleData("uint8", PIXELS, "normal");

/** Files of 4 MB, or of 0.8 MB where they are of pixels, written by hand. */
function contained(container: Container, opening: (bytes: number) => number): FileInput {
  const files = fileWriter();
  const isPixels = container.startsWith("png") || container.startsWith("idx");
  const storage = { layout: "NCHW" as const, bigEndian: container.startsWith("idx") };
  return {
    name: container,
    async open() {
      const { name, layout } = await files.open(container, isPixels ? pixels : floats, storage);
      return await openTensor(name, { layout });
    },
    bytes: () => bytesOf(files.folder),
    opening,
    beside: 0,
  };
}

/** A file of 4 MB that normalizing writes. */
function normalized(extension: string, shape: readonly number[], layout: Layout, beside: number): FileInput {
  const { fresh } = fileWriter();
  const [source, path] = [fresh("npy"), fresh(extension)];
  const write = async () => {
    writeFileSync(source, npyOf(shape, 1));
    await normalize(await openTensor(source, { layout }), { by: "batch" }).to(path);
  };
  let written: Promise<unknown> | undefined;
  return {
    name: extension,
    async open() {
      written ??= write();
      await written;
      return await openTensor(path, { layout });
    },
    bytes: () => bytesOf(path),
    opening: () => HEAD + beside,
    beside,
  };
}

export const FILE_INPUTS: readonly FileInput[] = [
  ...(["npy", "npz stored", "safetensors", "npy parts", "png folder", "hdf5"] as const).map((c) => contained(c, () => HEAD)),
  ...(["npz deflated", "idx gzip"] as const).map((container) => contained(container, () => UNPACKED_HEAD)),
  // Where members begin is found out by going through the archive, whose members here are shorter than what is read at a time.
  ...(["npy tar", "png tars"] as const).map((container) => contained(container, (bytes) => bytes)),
  normalized("zarr", [32, 8, 64, 64], "NCHW", 0),
  normalized("parquet", [65536, 16], "NC", THREADS * PARQUET_END),
];
