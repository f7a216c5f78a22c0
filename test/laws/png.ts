import { crc32, deflateSync } from "node:zlib";

/** PNG's type of colour by channels: grey, grey and alpha, RGB, RGBA. */
const COLOR_TYPE = { 1: 0, 2: 4, 3: 2, 4: 6 } as const;

/** A PNG by hand, apart from any decoder: unfiltered rows. @param at value of a row, column and channel */
export function png(
  [height, width]: readonly [number, number],
  channels: 1 | 2 | 3 | 4,
  bits: 8 | 16,
  at: (y: number, x: number, c: number) => number,
): Buffer {
  const bytes = bits / 8;
  const rows = Buffer.alloc(height * (1 + width * channels * bytes));
  let i = 0;
  for (let y = 0; y < height; y++) {
    i++; // no filter
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++, i += bytes) rows.writeUIntBE(at(y, x, c), i, bytes);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = bits;
  head[9] = COLOR_TYPE[channels];
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", head),
    pngChunk("IDAT", deflateSync(rows)),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
}
