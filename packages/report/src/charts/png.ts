/** An image of at most 256 colours, as a PNG file holds it. */
export interface IndexedImage {
  readonly width: number;
  readonly height: number;
  /** RGB, three bytes a colour; at most 256 colours. */
  readonly palette: Uint8Array;
  /** Whether colour 0 is transparent. */
  readonly hasHole: boolean;
  /** Colours, row-major `[height · width]`. */
  readonly pixels: Uint8Array;
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const INDEXED = 3;

/**
 * The bytes of a PNG file.
 * @param compress makes a zlib stream of the scan lines; default one without compression, which runs anywhere
 */
export function pngFile(image: IndexedImage, compress: (bytes: Uint8Array) => Uint8Array = storedZlib): Uint8Array {
  const { width, height, palette, hasHole, pixels } = image;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, INDEXED, 0, 0, 0], 8);
  // Each line begins with the number of its filter: 0, none, which is best for palettes.
  const lines = new Uint8Array(height * (width + 1));
  for (let y = 0; y < height; y++) lines.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return joined([
    Uint8Array.from(SIGNATURE),
    chunk("IHDR", header),
    chunk("PLTE", palette),
    ...(hasHole ? [chunk("tRNS", Uint8Array.of(0))] : []),
    chunk("IDAT", compress(lines)),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

/** An image of any colours. */
export interface ColorImage {
  readonly width: number;
  readonly height: number;
  /** Bytes of a pixel: 1 grey, 3 red, green and blue, 4 with opacity. */
  readonly channels: 1 | 3 | 4;
  /** Row-major `[height · width · channels]`. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

const COLOR_TYPES = { 1: 0, 3: 2, 4: 6 } as const;

/** As `pngFile`, of any colours. */
export function colorPngFile({ width, height, channels, data }: ColorImage, compress = storedZlib): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, COLOR_TYPES[channels], 0, 0, 0], 8);
  const stride = width * channels;
  const lines = new Uint8Array(height * (stride + 1));
  for (let y = 0; y < height; y++) lines.set(data.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  const chunks = [chunk("IHDR", header), chunk("IDAT", compress(lines)), chunk("IEND", new Uint8Array(0))];
  return joined([Uint8Array.from(SIGNATURE), ...chunks]);
}

/** The address that an `<image>` or an `<img>` takes a picture from without fetching anything. */
export function pngAddress(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return `data:image/png;base64,${btoa(text)}`;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(data, 8);
  view.setUint32(data.length + 8, crc32(out.subarray(4, data.length + 8)));
  return out;
}

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

const LARGEST_BLOCK = 65535;

/** A zlib stream of blocks that are stored as they are (RFC 1950 and 1951). */
function storedZlib(bytes: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [Uint8Array.of(0x78, 0x01)];
  for (let at = 0; at === 0 || at < bytes.length; at += LARGEST_BLOCK) {
    const part = bytes.subarray(at, at + LARGEST_BLOCK);
    const isLast = at + LARGEST_BLOCK >= bytes.length;
    const { length } = part;
    blocks.push(Uint8Array.of(isLast ? 1 : 0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255), part);
  }
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  blocks.push(Uint8Array.of(b >> 8, b & 255, a >> 8, a & 255));
  return joined(blocks);
}
