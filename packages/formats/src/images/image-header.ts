import type { Sharp } from "./sharp-loading.js";

/** What an image says of itself before it is decoded. */
export interface ImageHeader {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; 0 CMYK and others, which have to be converted. */
  readonly channels: 0 | 1 | 2 | 3 | 4;
  readonly is16Bit: boolean;
  /** Frames or pages. */
  readonly pages: number;
  /** Whether EXIF may ask for it to be turned: looking at that closer costs a tenth of decoding a small image. */
  readonly mayTurn: boolean;
  /** Whether it is a PNG of 8 bits that holds its values as they are: no palette, no colour that is transparent, not interlaced. */
  readonly isPlainPng?: boolean;
}

/**
 * Reads an image's header: of PNG and JPEG at once, of others by libvips.
 * @throws what sharp throws for bytes that are no image
 */
export async function readImageHeader(sharp: Sharp, bytes: Buffer): Promise<ImageHeader> {
  return pngHeader(bytes) ?? jpegHeader(bytes) ?? (await otherHeader(sharp, bytes));
}

/** Channels by PNG's type of colour; a palette is RGB. */
const PNG_CHANNELS: Readonly<Record<number, 1 | 2 | 3 | 4>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };
const PNG_SIGNATURE = 0x89504e47;

function pngHeader(bytes: Buffer): ImageHeader | undefined {
  if (bytes.length < 33 || bytes.readUInt32BE(0) !== PNG_SIGNATURE || bytes.toString("latin1", 12, 16) !== "IHDR")
    return undefined;
  const channels = PNG_CHANNELS[bytes[25] as number];
  if (channels === undefined) return undefined;
  const { hasTransparency, hasExif } = pngChunks(bytes);
  const withAlpha = hasTransparency ? ((channels + 1) as 2 | 4) : channels;
  return {
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    channels: withAlpha,
    is16Bit: bytes[24] === 16,
    pages: 1,
    mayTurn: hasExif,
    isPlainPng: bytes[24] === 8 && bytes[25] !== PALETTE && bytes[28] === 0 && !hasTransparency && !hasExif,
  };
}

const PALETTE = 3;
const CHUNK_TRNS = 0x74524e53;
const CHUNK_EXIF = 0x65584966;

/** Whether there are a `tRNS` chunk, which becomes an alpha channel, and EXIF data. */
function pngChunks(bytes: Buffer): { readonly hasTransparency: boolean; readonly hasExif: boolean } {
  let hasTransparency = false;
  let hasExif = false;
  for (let at = 33; at + 8 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const type = bytes.readUInt32BE(at + 4);
    hasTransparency ||= type === CHUNK_TRNS;
    hasExif ||= type === CHUNK_EXIF;
  }
  return { hasTransparency, hasExif };
}

/** Markers that start a frame: its size and components. */
const isStartOfFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

function jpegHeader(bytes: Buffer): ImageHeader | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  let mayTurn = false;
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (isStartOfFrame(marker)) {
      const components = bytes[at + 9] as number;
      return {
        height: bytes.readUInt16BE(at + 5),
        width: bytes.readUInt16BE(at + 7),
        channels: components === 1 || components === 3 ? components : 0,
        is16Bit: false,
        pages: 1,
        mayTurn,
      };
    }
    // EXIF is the first kind of application data.
    mayTurn ||= marker === 0xe1;
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

async function otherHeader(sharp: Sharp, bytes: Buffer): Promise<ImageHeader> {
  const {
    width,
    height,
    channels,
    depth,
    space,
    orientation = 1,
    pages = 1,
  } = await sharp(bytes, { limitInputPixels: false }).metadata();
  const isPlain = space === "srgb" || space === "rgb16" || space === "b-w" || space === "grey16" || space === "rgb";
  return {
    width,
    height,
    channels: isPlain && channels >= 1 && channels <= 4 ? (channels as 1 | 2 | 3 | 4) : 0,
    is16Bit: depth === "ushort",
    pages,
    mayTurn: orientation > 1,
  };
}
