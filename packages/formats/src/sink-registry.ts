import { extname } from "node:path";
import { usageError } from "@normstream/tensor";
import type { SinkEncoder } from "./sink-encoder.js";

/** Formats that tensors are written in. */
export const SINK_FORMATS = ["npy", "npz", "safetensors", "parquet", "zarr"] as const;
export type SinkFormat = (typeof SINK_FORMATS)[number];

/** Formats whose elements stand in the file as they are. */
export type PlainFormat = Exclude<SinkFormat, "parquet" | "zarr">;

const ENCODERS: Record<PlainFormat, () => Promise<SinkEncoder>> = {
  npy: async () => (await import("./npy/encoder.js")).npyEncoder,
  npz: async () => (await import("./npz/encoder.js")).npzEncoder,
  safetensors: async () => (await import("./safetensors/encoder.js")).safetensorsEncoder,
};

/** Loads the encoder of a format, and no other. */
export const loadEncoder = (format: PlainFormat): Promise<SinkEncoder> => ENCODERS[format]();

/**
 * The format that a path's extension names.
 * @throws NormstreamError of kind `usage` for another extension.
 */
export function sinkFormatOf(path: string): SinkFormat {
  const extension = extname(path).slice(1).toLowerCase();
  const format = SINK_FORMATS.find((known) => known === extension);
  if (!format) {
    throw usageError("the extension names no format that tensors are written in", {
      file: path,
      expected: SINK_FORMATS.map((known) => `.${known}`).join(", "),
      found: extension ? `.${extension}` : "none",
    });
  }
  return format;
}
