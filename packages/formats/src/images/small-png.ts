import { PNG } from "pngjs";
import type { DecodedImage } from "./image-decoder.js";
import type { ImageHeader } from "./image-header.js";

/** Pixels up to which what libvips does around decoding takes several times as long as decoding here does. */
const MOST_PIXELS = 128 * 128;

/** Bytes that pngjs makes of a pixel: red, green, blue, alpha. */
const RGBA = 4;
/** Where the channels of an image are among them, by how many there are. */
const PLACES: readonly (readonly number[])[] = [[], [0], [0, 3], [0, 1, 2], [0, 1, 2, 3]];

/**
 * Decodes a small plain PNG in this thread: PNG loses nothing, so that the values are those of libvips. Its checksums are looked at.
 * @param bytes the file @param header of it
 * @returns null for what is large or not plain, and for what is damaged: libvips says in which way
 */
export function smallPng(bytes: Buffer, { width, height, channels, isPlainPng }: ImageHeader): DecodedImage | null {
  if (!isPlainPng || width * height > MOST_PIXELS) return null;
  let data: Uint8Array;
  try {
    ({ data } = PNG.sync.read(bytes));
  } catch {
    return null;
  }
  if (data.length !== width * height * RGBA) return null;
  const places = PLACES[channels] ?? [];
  const values = new Uint8Array(width * height * channels);
  for (let from = 0, to = 0; from < data.length; from += RGBA) {
    for (const place of places) values[to++] = data[from + place] as number;
  }
  return { bytes: values, width, height };
}
