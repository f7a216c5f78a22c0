import { type DecodedStorage, itemSize, type Layout, usageError } from "@normstream/tensor";
import type { HeaderSource } from "../bytes/header-source.js";
import { decodingError } from "../decoding-error.js";
import { readImage } from "../images/reader.js";
import type { ArrayEntry, ArrayReader, ReadOptions } from "../stored-array.js";
import { tensorByteLength } from "../stored-array.js";
import { geoTiffVersion } from "./geotiff-loading.js";
import { isRaster } from "./kind.js";
import { dtypeOf, openRasters, problemOf, type Raster } from "./raster.js";

/** What the decoder of a raster has to know; plain data. */
export interface TiffDetails {
  /** Which of the file's full pages. */
  readonly page: number;
  /** What becomes of blocks that nobody has written. */
  readonly missing: "fill" | "error";
}

/** Reads a TIFF file: a raster of bands, or a photo, which is an image like others. */
export const readTiff: ArrayReader = async (source, options) =>
  options.isRaster || (await isRaster(source)) ? readRaster(source, options) : readImage(source, options);

const readRaster: ArrayReader = async (source, options) => {
  const where = { file: source.name };
  const { rasters, masks } = await openRasters(source.byteLength, (from, length) => source.read(from, length), where);
  return {
    format: "geotiff",
    entries: rasters.map((raster, page) => entryOf(raster, page, rasters.length > 1, masks, source, options)),
  };
};

function entryOf(
  raster: Raster,
  page: number,
  isOneOfSeveral: boolean,
  masks: number,
  { name: file, path, identity }: HeaderSource,
  options: ReadOptions,
): ArrayEntry {
  const { width, height, bands, stored, nodata, blockWidth, blockHeight, isPlanar } = raster;
  return {
    name: isOneOfSeveral ? `page${page}` : undefined,
    async read() {
      const layout = layoutOf(raster, options.layout, file);
      const extents: Readonly<Record<string, number>> = { N: 1, C: bands, H: height, W: width };
      const shape = [...layout].map((axis) => extents[axis] as number);
      const dtype = dtypeOf(stored, nodata);
      const size = dtype ? itemSize(dtype) : 1;
      const blocksInRow = Math.ceil(width / blockWidth);
      // A row of blocks stays at hand, packed and unpacked: what is read next is beside it.
      const blockValues = blocksInRow * blockWidth * blockHeight * (isPlanar ? 1 : bands);
      const details: TiffDetails = { page, missing: options.missing ?? "fill" };
      const storage: DecodedStorage = {
        ...{ kind: "decoded", decoder: "geotiff", path, identity, details, chunkSamples: 1 },
        chunkBytes: blockValues * (size + Math.ceil(stored.bits / 8)),
      };
      const { channelNames, notes } = await descriptionsOf(raster, file);
      return {
        shape,
        dtypeName: dtype ?? `${stored.bits} bits`,
        dtype,
        problem: problemOf(raster),
        ...({ order: "C", bigEndian: false, packing: "stored", storage, layout, channelNames } as const),
        byteLength: tensorByteLength(shape, dtype ?? "uint8", { file }),
        nanIsMissing: nodata !== null,
        readers: [geoTiffVersion()],
        notes: [...notes, ...(masks > 0 ? [`${file} has a mask, which is not applied`] : [])],
      };
    },
  };
}

/** As values lie in the file, where nobody says: bands by themselves, or beside each other in each pixel. */
function layoutOf({ bands, isPlanar }: Raster, chosen: Layout | undefined, file: string): Layout {
  const layout = chosen ?? (bands === 1 ? "NHW" : isPlanar ? "NCHW" : "NHWC");
  if (layout === "NCHW" || layout === "NHWC" || (layout === "NHW" && bands === 1)) return layout;
  throw usageError(`a raster of ${bands} bands is not read as ${layout}`, {
    file,
    expected: bands === 1 ? "NHW, NCHW or NHWC" : "NCHW or NHWC",
    hint: "Leave out --layout.",
  });
}

/** What GDAL has been told of the bands. */
async function descriptionsOf({ image, bands }: Raster, file: string) {
  const names: string[] = [];
  let isScaled = false;
  try {
    for (let band = 0; band < bands; band++) {
      const items = await image.getGDALMetadata(band);
      const description = items?.DESCRIPTION;
      if (typeof description === "string" && description !== "") names.push(description);
      isScaled ||= items?.SCALE !== undefined || items?.OFFSET !== undefined;
    }
  } catch (cause) {
    throw decodingError("the metadata of the bands cannot be read", cause, { file, hint: "Write the file again." });
  }
  return {
    channelNames: names.length === bands && new Set(names).size === bands ? names : undefined,
    notes: isScaled ? [`values of ${file} are as they are stored: its scale and offset are not applied`] : [],
  };
}
