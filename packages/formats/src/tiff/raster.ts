import { type DType, dataError, type ErrorDetails } from "@normstream/tensor";
import type { GeoTIFFImage } from "geotiff";
import { decodingError } from "../decoding-error.js";
import { loadGeoTiff } from "./geotiff-loading.js";

/** How values are stored: unsigned, signed, floating. */
export interface StoredValues {
  readonly format: 1 | 2 | 3;
  readonly bits: number;
}

/** One picture of a file: its full size, not an overview or a mask. */
export interface Raster {
  readonly image: GeoTIFFImage;
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  /** Tiles, or strips of whole rows. */
  readonly blockWidth: number;
  readonly blockHeight: number;
  /** Whether each band has blocks of its own. */
  readonly isPlanar: boolean;
  readonly littleEndian: boolean;
  readonly stored: StoredValues;
  readonly compression: number;
  /** What is undone after unpacking: 1 nothing, 2 differences, 3 those of floats. */
  readonly predictor: number;
  readonly nodata: number | null;
}

/** Bytes of a file by position, as the library asks for them. */
export type ReadBytes = (byteOffset: number, byteLength: number) => Promise<Uint8Array>;

/** What the library decodes exactly, by the number of the tag. JPEG loses, but gives the same values each time. */
const COMPRESSIONS: Readonly<Record<number, string>> = {
  ...{ 1: "none", 5: "LZW", 7: "JPEG", 8: "deflate", 32946: "deflate", 32773: "PackBits", 34887: "LERC", 50000: "Zstandard" },
};
const JPEG = 7;
const LERC = 34887;
const YCBCR = 6;
/** Kinds of pages: a smaller copy of another one, and a mask. */
const REDUCED = 1;
const MASK = 4;

const DTYPES: Readonly<Record<string, DType | undefined>> = {
  ...{ "1:8": "uint8", "1:16": "uint16", "2:8": "int8", "2:16": "int16", "2:32": "int32" },
  ...{ "3:16": "float16", "3:32": "float32", "3:64": "float64" },
};

/**
 * What values become: themselves, where each is to be found in the dtype and none stands for missing. Else the smallest floating type that holds
 * all of them, in which those that are missing are NaN.
 */
export function dtypeOf({ format, bits }: StoredValues, nodata: number | null): DType | undefined {
  const own = DTYPES[`${format}:${Math.max(8, bits)}`];
  if (format === 3) return own;
  if (nodata === null && own) return own;
  if (bits <= 16) return "float32";
  return bits === 32 ? "float64" : undefined;
}

/** Opens the pages of a file. @throws NormstreamError of kind `data` for what is damaged */
export async function openRasters(
  byteLength: number,
  read: ReadBytes,
  where: ErrorDetails,
): Promise<{ readonly rasters: readonly Raster[]; readonly masks: number }> {
  const { GeoTIFF } = await loadGeoTiff();
  const fetchSlice = async ({ offset, length }: { offset: number; length: number }): Promise<ArrayBuffer> => {
    const wanted = Math.min(length, byteLength - offset);
    if (!(wanted > 0))
      throw dataError("the file is truncated", { ...where, expected: `bytes from ${offset}`, found: `${byteLength}` });
    const bytes = await read(offset, wanted);
    return bytes.slice().buffer;
  };
  const source = {
    fetch: (slices: { offset: number; length: number }[]) => Promise.all(slices.map(fetchSlice)),
    fetchSlice: async (slice: { offset: number; length: number }) => ({ ...slice, data: await fetchSlice(slice) }),
    fileSize: byteLength,
    close: async () => {},
  };
  try {
    const file = await GeoTIFF.fromSource(source);
    const rasters: Raster[] = [];
    let masks = 0;
    const pages = await file.getImageCount();
    for (let page = 0; page < pages; page++) {
      const image = await file.getImage(page);
      const kind = Number(image.fileDirectory.getValue("NewSubfileType") ?? 0);
      if (kind & MASK) masks++;
      else if (!(kind & REDUCED)) rasters.push(await rasterOf(image));
    }
    return { rasters, masks };
  } catch (cause) {
    throw decodingError("is no TIFF file that can be read", cause, { ...where, hint: "Copy or write the file again." });
  }
}

async function rasterOf(image: GeoTIFFImage): Promise<Raster> {
  const format = image.getSampleFormat() as 1 | 2 | 3;
  return {
    image,
    ...{ width: image.getWidth(), height: image.getHeight(), bands: image.getSamplesPerPixel() },
    ...{ blockWidth: image.getTileWidth(), blockHeight: image.getTileHeight() },
    isPlanar: image.planarConfiguration === 2 && image.getSamplesPerPixel() > 1,
    littleEndian: image.littleEndian,
    stored: { format, bits: image.getBitsPerSample() || 1 },
    compression: Number(image.fileDirectory.getValue("Compression") ?? 1),
    predictor: Number((await image.fileDirectory.loadValue("Predictor")) ?? 1),
    nodata: nodataOf(image.getGDALNoData(), format, image.getBitsPerSample()),
  };
}

/** The value as the file's type holds it; null where it cannot hold it, as no value is it then. */
function nodataOf(value: number | null, format: 1 | 2 | 3, bits: number): number | null {
  if (value === null) return null;
  if (format === 3) return bits === 32 ? Math.fround(value) : value;
  const [least, most] = format === 1 ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  return Number.isInteger(value) && value >= least && value <= most ? value : null;
}

/** Why a raster cannot be read right; undefined where it can. */
export function problemOf({
  image,
  width,
  height,
  bands,
  blockWidth,
  blockHeight,
  ...raster
}: Raster): { readonly what: string; readonly expected?: string; readonly hint: string } | undefined {
  const hint = "Write it again: gdal_translate -co COMPRESS=DEFLATE IN OUT.";
  const { stored, compression, predictor, littleEndian } = raster;
  if (!(width > 0 && height > 0 && blockWidth > 0 && blockHeight > 0 && bands > 0))
    return { what: "the raster has no extent", hint };
  if (!(compression in COMPRESSIONS)) {
    return {
      what: `compression ${compression} is not read`,
      expected: [...new Set(Object.values(COMPRESSIONS))].join(", "),
      hint,
    };
  }
  for (let band = 1; band < bands; band++) {
    if (image.getBitsPerSample(band) !== stored.bits || image.getSampleFormat(band) !== stored.format) {
      return {
        what: "bands of different types are no tensor",
        hint: "Write each to a file of its own: gdal_translate -b 1 IN OUT.",
      };
    }
  }
  const isPacked = stored.format === 1 && [1, 2, 4].includes(stored.bits) && (bands === 1 || raster.isPlanar);
  if (!isPacked && !(`${stored.format}:${stored.bits}` in DTYPES) && !(stored.format === 1 && stored.bits === 32)) {
    const kind = ["", "unsigned", "signed", "floating"][stored.format] ?? `format ${stored.format}`;
    return {
      what: `values of ${stored.bits} bits (${kind}) are not read`,
      hint: "Write it again: gdal_translate -ot Float32 IN OUT.",
    };
  }
  const photometric = Number(image.fileDirectory.getValue("PhotometricInterpretation") ?? 1);
  if (photometric === YCBCR) return { what: "values are stored as YCbCr, not as bands", hint };
  // What the library undoes value by value, it takes for little-endian.
  if (!littleEndian && stored.bits > 8 && (predictor !== 1 || compression === LERC)) {
    return {
      what: "a big-endian file with a predictor or LERC is not read",
      hint: "Write it again: gdal_translate -co ENDIANNESS=LITTLE IN OUT.",
    };
  }
  if (compression === JPEG && stored.bits !== 8) return { what: "JPEG of more than 8 bits is not read", hint };
  return undefined;
}
