import { dataError, type ErrorDetails, type ImageDecoding, NormstreamError } from "@normstream/tensor";
import type { DecodedImage } from "./decoded-image.js";
import { type ImageHeader, readImageHeader } from "./image-header.js";
import type { Sharp } from "./sharp-loading.js";
import { smallPng } from "./small-png.js";

/** What to call images by their channels. */
export const CHANNEL_WORDS = ["CMYK or another colour space", "grey", "grey with alpha", "RGB", "RGBA"] as const;

/**
 * Decodes an image as its data set is decoded: turned as its EXIF orientation says, values as they are stored (colour profiles are not
 * applied), scaled where the set is.
 * @throws NormstreamError of kind `data` for bytes that are damaged, another number of channels or bits, several pages, or more pixels than
 * memory allows.
 * @param enter is told how many pixels there are, and waited for, before they are decoded
 */
export async function decodeImage(
  sharp: Sharp,
  bytes: Buffer,
  decoding: ImageDecoding,
  name: string,
  enter?: (pixels: number) => Promise<void>,
): Promise<DecodedImage> {
  const where = { file: name };
  try {
    const header = await readImageHeader(sharp, bytes);
    checkHeader(header, decoding, where);
    await enter?.(header.width * header.height);
    const { channels, convert, is16Bit, resize, maxPixels } = decoding;
    const small = resize || header.channels !== channels ? null : smallPng(bytes, header);
    if (small) return small;
    let image = sharp(bytes, { autoOrient: header.mayTurn, ignoreIcc: true, limitInputPixels: maxPixels, failOn: "warning" });
    if (resize) image = image.resize(resize.width, resize.height, { fit: "cover" });
    // libvips drops the alpha of 8-bit grey images where grey is asked for: they are taken out of RGBA.
    const viaColour = channels === 2 && !is16Bit;
    if (convert && channels % 2 === 1) image = image.removeAlpha();
    if (convert && channels % 2 === 0) image = image.ensureAlpha();
    image = image.toColourspace(channels > 2 || viaColour ? (is16Bit ? "rgb16" : "srgb") : is16Bit ? "grey16" : "b-w");
    const { data, info } = await image.raw({ depth: is16Bit ? "ushort" : "uchar" }).toBuffer({ resolveWithObject: true });
    const expected = viaColour ? 4 : channels;
    if (info.channels !== expected) {
      throw dataError(`decodes to ${info.channels} channels`, { ...where, expected: `${expected}` });
    }
    return { bytes: viaColour ? greyAndAlpha(data) : data, width: info.width, height: info.height };
  } catch (error) {
    if (error instanceof NormstreamError) throw error;
    // What libvips says differs from run to run: it is kept as the cause.
    throw undecodable(name, error);
  }
}

/** The error of bytes that are no image, or a damaged one. */
export const undecodable = (file: string, cause?: unknown) =>
  dataError("the image cannot be decoded", { file, hint: "Write it again, or leave it out with --skip-bad.", cause });

function checkHeader(header: ImageHeader, decoding: ImageDecoding, where: ErrorDetails): void {
  const { channels, convert, is16Bit, maxPixels } = decoding;
  const pixels = header.width * header.height;
  if (pixels > maxPixels) {
    throw dataError(`the image has ${header.width} × ${header.height} pixels`, {
      ...where,
      expected: `at most ${maxPixels} pixels`,
      hint: "Give more --memory, or leave it out with --skip-bad.",
    });
  }
  if (header.pages > 1) {
    throw dataError(`the image has ${header.pages} pages`, {
      ...where,
      expected: "one",
      hint: "Split it, or leave it out with --skip-bad.",
    });
  }
  if (header.is16Bit !== is16Bit) {
    throw dataError("images of different bit depths are no data set", {
      ...where,
      expected: is16Bit ? "16 bits a value" : "8 bits a value",
      found: header.is16Bit ? "16" : "8",
    });
  }
  if (!convert && header.channels !== channels) {
    throw dataError("images of different channels are no data set", {
      ...where,
      expected: CHANNEL_WORDS[channels],
      found: CHANNEL_WORDS[header.channels],
      hint: `Convert all of them with --color ${channels > 2 ? "rgb" : "grey"}, or leave it out with --skip-bad.`,
    });
  }
}

/** The first and the last of four channels. */
function greyAndAlpha(rgba: Uint8Array): Uint8Array {
  const out = new Uint8Array(rgba.length / 2);
  for (let i = 0, j = 0; j < out.length; i += 4) {
    out[j++] = rgba[i] as number;
    out[j++] = rgba[i + 3] as number;
  }
  return out;
}
