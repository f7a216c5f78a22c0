import { type DType, dataError } from "@normstream/tensor";
import { swapBytes } from "../bytes/byte-swap.js";
import { decodingError } from "../decoding-error.js";
import { loadGeoTiff } from "./geotiff-loading.js";
import type { Raster, ReadBytes } from "./raster.js";
import { valuesOf } from "./values.js";

/** A decoded tile or strip: its values `[rows, width, bands]`, or `[rows, width]` of one band. */
export interface Block {
  readonly values: Uint8Array;
  readonly isMissing: boolean;
}

/** Reads and unpacks one block, and makes its values what the tensor holds. */
export async function blockDecoder(raster: Raster, file: string, readBytes: ReadBytes, dtype: DType) {
  const { image, isPlanar, bands, width, height, blockWidth, blockHeight, stored, littleEndian, compression, predictor } = raster;
  const { getDecoder } = await loadGeoTiff();
  const { fileDirectory } = image;
  const [offsets, counts] = image.isTiled ? ["TileOffsets", "TileByteCounts"] : ["StripOffsets", "StripByteCounts"];
  const list = async (tag: string) =>
    Array.from((await fileDirectory.loadValue(tag as never)) as ArrayLike<number | bigint>, Number);
  const places = await list(offsets as string);
  const sizes = await list(counts as string);
  const decoder = await getDecoder(compression, {
    ...{ tileWidth: blockWidth, tileHeight: blockHeight, planarConfiguration: image.planarConfiguration },
    bitsPerSample: Array.from({ length: bands }, () => stored.bits),
    predictor,
    ...{
      JPEGTables: await fileDirectory.loadValue("JPEGTables"),
      LercParameters: await fileDirectory.loadValue("LercParameters" as never),
    },
  } as Parameters<typeof getDecoder>[1]);
  const inRow = Math.ceil(width / blockWidth);
  const inColumn = Math.ceil(height / blockHeight);

  return async ({ x, y, band }: { readonly x: number; readonly y: number; readonly band: number }): Promise<Block> => {
    const index = (band * inColumn + y) * inRow + x;
    const rows = image.isTiled ? blockHeight : Math.min(blockHeight, height - y * blockHeight);
    const perRow = blockWidth * (isPlanar ? 1 : bands);
    const where = { file, hint: "Copy or write the file again." };
    const what = `the block at row ${y * blockHeight}, column ${x * blockWidth} cannot be decoded`;
    const [byteOffset, byteLength] = [places[index], sizes[index]];
    if (byteOffset === undefined || byteLength === undefined)
      throw dataError(what, { ...where, expected: `block ${index} in its list` });
    // What nobody has written: GDAL's sparse files.
    if (byteLength === 0) {
      return {
        values: valuesOf(new Uint8Array(rows * Math.ceil((perRow * stored.bits) / 8)), raster, {
          rows,
          perRow,
          dtype,
          isMissing: true,
        }),
        isMissing: true,
      };
    }
    const packed = await readBytes(byteOffset, byteLength);
    if (packed.length < byteLength)
      throw dataError("the file is truncated", { ...where, expected: `${byteOffset + byteLength} bytes` });
    let plain: Uint8Array;
    try {
      plain = new Uint8Array(await decoder.decode(packed.slice().buffer));
    } catch (cause) {
      throw decodingError(what, cause, where);
    }
    const expected = rows * Math.ceil((perRow * stored.bits) / 8);
    if (plain.length < expected) throw dataError(what, { ...where, expected: `${expected} bytes`, found: `${plain.length}` });
    const own = plain.slice(0, expected);
    if (!littleEndian && stored.bits > 8) swapBytes(own, (stored.bits / 8) as 2 | 4 | 8);
    return { values: valuesOf(own, raster, { rows, perRow, dtype, isMissing: false }), isMissing: false };
  };
}
