import {
  dataError,
  elementCount,
  type ImageDecoding,
  type ImagesStorage,
  type Layout,
  NormstreamError,
  usageError,
} from "@normstream/tensor";
import type { ReadOptions, StoredArray } from "../stored-array.js";
import type { DecodedImage } from "./decoded-image.js";
import { EncodedBytes } from "./encoded-bytes.js";
import { CHANNEL_WORDS, decodeImage, undecodable } from "./image-decoder.js";
import { readImageHeader } from "./image-header.js";
import type { ImageIndex } from "./image-index.js";
import { loadSharp, type Sharp, sharpVersions } from "./sharp-loading.js";

/** What sharp itself refuses to decode beyond; a pass takes less where its memory holds less. */
const MOST_PIXELS = 0x3fff * 0x3fff;

const COLOR_CHANNELS = { grey: 1, rgb: 3, rgba: 4 } as const;

/**
 * A data set of images, by the first one that can be decoded: all are to have its channels and bits. Whether they have its size shows when
 * they are read.
 * @param path what was opened. @param index all of them, listed; the array's from then on
 * @throws NormstreamError of kind `data` where the first one cannot be decoded (under `skipBad`: none can).
 */
export async function imageArray(path: string, index: ImageIndex, options: ReadOptions): Promise<StoredArray> {
  const sharp = await loadSharp();
  const { image, decoding, name } = await firstImage(sharp, path, index, options);
  const { width, height } = image;
  const { channels, is16Bit } = decoding;
  const layout = layoutOf(options.layout, channels, name);
  const shape = layout === "NHW" ? [index.count, height, width] : [index.count, height, width, channels];
  const dtype = is16Bit ? "uint16" : "uint8";
  const storage: ImagesStorage = {
    kind: "images",
    path,
    count: index.count,
    decoding,
    slice: (from, to) => index.slice(from, to),
  };
  return {
    shape,
    dtypeName: dtype,
    dtype,
    order: "C",
    bigEndian: false,
    byteLength: elementCount(shape) * (is16Bit ? 2 : 1),
    packing: "stored",
    storage,
    layout,
    readers: sharpVersions(sharp),
    release: () => index[Symbol.dispose](),
  };
}

async function firstImage(
  sharp: Sharp,
  path: string,
  index: ImageIndex,
  options: ReadOptions,
): Promise<{ readonly image: DecodedImage; readonly decoding: ImageDecoding; readonly name: string }> {
  using encoded = new EncodedBytes();
  for (let n = 0; n < index.count; n++) {
    const [part] = index.slice(n, n + 1);
    if (!part) break;
    const { name } = part;
    try {
      const bytes = await encoded.read(part);
      const decoding = await decodingOf(sharp, bytes, options, name);
      return { image: await decodeImage(sharp, bytes, decoding, name), decoding, name };
    } catch (error) {
      if (!options.skipBad || !(error instanceof NormstreamError) || error.kind !== "data") throw error;
    }
  }
  throw dataError("no image can be decoded", {
    file: path,
    expected: "at least one of them",
    found: `${index.count} that cannot`,
  });
}

async function decodingOf(sharp: Sharp, bytes: Buffer, options: ReadOptions, name: string): Promise<ImageDecoding> {
  const { color, resize, skipBad } = options;
  const header = await readImageHeader(sharp, bytes).catch((cause) => {
    throw undecodable(name, cause);
  });
  const channels = color === undefined ? header.channels : COLOR_CHANNELS[color];
  if (channels === 0) {
    throw dataError(`the image is ${CHANNEL_WORDS[0]}`, {
      file: name,
      expected: "grey, RGB or RGBA",
      hint: "Convert all images with --color rgb.",
    });
  }
  return {
    channels,
    convert: color !== undefined,
    is16Bit: header.is16Bit,
    resize: resize ?? null,
    skipBad: skipBad === true,
    maxPixels: MOST_PIXELS,
  };
}

function layoutOf(chosen: Layout | undefined, channels: number, file: string): Layout {
  const layout = chosen ?? (channels === 1 ? "NHW" : "NHWC");
  if (layout === "NHWC" || (layout === "NHW" && channels === 1)) return layout;
  throw usageError(`images of ${channels} channels are not read as ${layout}`, {
    file,
    expected: channels === 1 ? "NHW or NHWC" : "NHWC",
    hint: "Leave out --layout.",
  });
}
