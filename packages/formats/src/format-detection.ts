import { dataError, usageError } from "@normstream/tensor";
import { isArrowFile, isArrowStream } from "./arrow/magic.js";
import { isIdx } from "./idx/header.js";
import { isNpy } from "./npy/header.js";
import { isParquet } from "./parquet/magic.js";
import { isShardIndex } from "./safetensors/shard-names.js";
import { isTiff } from "./tiff/kind.js";

/** Readers by the bytes that a file begins with. */
export type ReaderName =
  | "npy"
  | "npz"
  | "idx"
  | "safetensors"
  | "safetensors-index"
  | "raw"
  | "gzip"
  | "image"
  | "tiff"
  | "tar"
  | "hdf5"
  | "parquet"
  | "arrow"
  | "csv";

/** So many first bytes tell the format. */
export const DETECTION_BYTES = 16;

const EXTENSIONS: readonly (readonly [RegExp, ReaderName])[] = [
  [/\.npy$/i, "npy"],
  [/\.npz$/i, "npz"],
  [/\.safetensors$/i, "safetensors"],
  [/(\.idx|[.-]idx\d-u?byte)$/i, "idx"],
  [/\.tar$/i, "tar"],
  [/\.(parquet|pq)$/i, "parquet"],
  [/\.(arrow|arrows|feather)$/i, "arrow"],
  [/\.(csv|tsv)$/i, "csv"],
  [/\.(h5|hdf5|he5)$/i, "hdf5"],
  [/\.gz$/i, "gzip"],
];
const RAW_EXTENSION = /\.(bin|raw)$/i;

/**
 * Tells a file's format: by its magic bytes, then by its extension, then by whether it is described as raw data.
 *
 * @param head the first 16 bytes, or all where there are fewer.
 * @param described whether shape and dtype were given. They win over magic bytes that two numbers may happen to form (IDX, gzip,
 * safetensors), unless the extension agrees with those.
 * @throws NormstreamError of kind `usage` for `.bin` and `.raw` without a description, `data` where nothing fits.
 */
export function detectFormat(head: Uint8Array, path: string, byteLength: number, described: boolean): ReaderName {
  if (described && RAW_EXTENSION.test(path)) return "raw";
  if (isNpy(head)) return "npy";
  if (isZip(head)) return "npz";
  if (isImage(head)) return "image";
  if (isTiff(head)) return "tiff";
  if (isParquet(head)) return "parquet";
  if (isArrowFile(head)) return "arrow";
  if (isHdf5(head)) return "hdf5";
  const byExtension = isShardIndex(path) ? "safetensors-index" : EXTENSIONS.find(([pattern]) => pattern.test(path))?.[1];
  const byMagic = weakMagic(head, byteLength);
  if (byMagic !== undefined && (!described || byMagic === byExtension)) return byMagic;
  if (byExtension !== undefined) return byExtension;
  if (described) return "raw";
  if (RAW_EXTENSION.test(path))
    throw usageError("raw data has no header", { file: path, hint: "Describe it with --shape and --dtype." });
  throw dataError("the format is not known", {
    file: path,
    expected: ".npy, .npz, .safetensors, IDX (also .gz), .tar, HDF5, GeoTIFF, .parquet, .arrow, .csv, an image or raw data",
    found: `bytes ${Array.from(head.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ")}`,
    hint: "For data without a header give --shape and --dtype.",
  });
}

/** PNG, JPEG, WebP, AVIF by what they begin with. */
function isImage(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString("latin1");
  if (text.startsWith("\x89PNG\r\n\x1a\n") || text.startsWith("\xff\xd8\xff")) return true;
  if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) return true;
  return /^ftyp(avif|avis|mif1)/.test(text.slice(4));
}

const isHdf5 = (head: Uint8Array): boolean => Buffer.from(head.subarray(0, 8)).toString("latin1") === "\x89HDF\r\n\x1a\n";

const isZip = (head: Uint8Array): boolean =>
  head[0] === 0x50 && head[1] === 0x4b && ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6));

function weakMagic(head: Uint8Array, byteLength: number): ReaderName | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  if (isIdx(head)) return "idx";
  if (isArrowStream(head, byteLength)) return "arrow";
  // A length that stays inside the file, then the opening brace of JSON.
  if (head.length < 10 || head[8] !== 0x7b) return undefined;
  const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
  return length + 8n <= BigInt(byteLength) ? "safetensors" : undefined;
}
