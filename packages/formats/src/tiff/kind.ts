import type { HeaderSource } from "../bytes/header-source.js";

/** Tags that georeferenced files and GDAL write: scale, tie points, transformation, keys, metadata, nodata. */
const GEO_TAGS: readonly number[] = [33550, 33922, 34264, 34735, 42112, 42113];
const BITS_PER_SAMPLE = 258;
const SAMPLES_PER_PIXEL = 277;
const SAMPLE_FORMAT = 339;
/** A directory with more entries than this is damaged. */
const MOST_ENTRIES = 1000;

/** Whether bytes begin as TIFF or BigTIFF does. */
export const isTiff = (head: Uint8Array): boolean =>
  /^(II[*+]\0|MM\0[*+])/.test(Buffer.from(head.buffer, head.byteOffset, Math.min(4, head.length)).toString("latin1"));

/**
 * Whether a TIFF file is a raster of measurements rather than a photo: it has geo keys or a tag of GDAL's, more than four bands, or values that are
 * signed, floating or wider than 16 bits. What cannot be told is a photo: whoever reads that says what is wrong.
 */
export async function isRaster(source: HeaderSource): Promise<boolean> {
  const view = async (offset: number, length: number) => {
    const bytes = await source.read(offset, length);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  try {
    const head = await view(0, 16);
    const little = head.getUint8(0) === 0x49;
    const isBig = head.getUint16(2, little) === 43;
    const offset = isBig ? Number(head.getBigUint64(8, little)) : head.getUint32(4, little);
    const countBytes = isBig ? 8 : 2;
    const entryBytes = isBig ? 20 : 12;
    const first = await view(offset, countBytes);
    const count = isBig ? Number(first.getBigUint64(0, little)) : first.getUint16(0, little);
    if (count > MOST_ENTRIES) return false;
    const entries = await view(offset + countBytes, count * entryBytes);
    for (let at = 0; at < count * entryBytes; at += entryBytes) {
      const tag = entries.getUint16(at, little);
      if (GEO_TAGS.includes(tag)) return true;
      // Shorts, all of them the same: the first one stands here, or where this says.
      const values = isBig ? Number(entries.getBigUint64(at + 4, little)) : entries.getUint32(at + 4, little);
      const place = at + (isBig ? 12 : 8);
      const isHere = values * 2 <= (isBig ? 8 : 4);
      const elsewhere = () => (isBig ? Number(entries.getBigUint64(place, little)) : entries.getUint32(place, little));
      const value = async () => (isHere ? entries.getUint16(place, little) : (await view(elsewhere(), 2)).getUint16(0, little));
      if (tag === SAMPLES_PER_PIXEL && (await value()) > 4) return true;
      if (tag === SAMPLE_FORMAT && (await value()) !== 1) return true;
      if (tag === BITS_PER_SAMPLE && (await value()) > 16) return true;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return false;
}
