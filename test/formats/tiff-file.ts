import { deflateSync } from "node:zlib";

/** A TIFF file to be written by hand: everything that a raster may be. */
export interface TiffOptions {
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  /** `u1`, `u2`, `u4`, `i1`, `i2`, `i4`, `f2` (bits), `f4`, `f8`. */
  readonly type: string;
  readonly value: (band: number, y: number, x: number) => number;
  readonly planar?: boolean;
  /** Extents of tiles; else strips of `rows` rows. */
  readonly tile?: readonly [width: number, height: number];
  readonly rows?: number;
  readonly bigEndian?: boolean;
  readonly big?: boolean;
  readonly deflate?: boolean;
  /** Differences between neighbours, for integers. */
  readonly predictor?: boolean;
  readonly nodata?: string;
  readonly metadata?: string;
  /** Blocks that are left out, by their number. */
  readonly sparse?: readonly number[];
  /** Tags of its own: number and one short. */
  readonly shorts?: Readonly<Record<number, number>>;
  /** Without a tag that says that it is georeferenced. */
  readonly plain?: boolean;
  /** Pages after it: kinds of pages, of one value. */
  readonly pages?: readonly number[];
}

const FORMATS: Readonly<Record<string, number>> = { u: 1, i: 2, f: 3 };
const [ASCII, SHORT, LONG, DOUBLE, LONG8] = [2, 3, 4, 12, 16] as const;
const SIZES: Readonly<Record<number, number>> = { [ASCII]: 1, [SHORT]: 2, [LONG]: 4, [DOUBLE]: 8, [LONG8]: 8 };

interface Tag {
  readonly tag: number;
  readonly type: number;
  readonly values: readonly number[];
}

export function tiffBytes(options: TiffOptions): Buffer {
  const {
    width,
    height,
    bands,
    type,
    bigEndian = false,
    big = false,
    planar = false,
    tile,
    rows = height,
    sparse = [],
  } = options;
  const little = !bigEndian;
  const size = Number(type.slice(1));
  const [blockWidth, blockHeight] = tile ?? [width, rows];
  const inRow = Math.ceil(width / blockWidth);
  const inColumn = Math.ceil(height / blockHeight);
  const blocks: Buffer[] = [];
  for (let band = 0; band < (planar ? bands : 1); band++) {
    for (let y = 0; y < inColumn; y++) {
      for (let x = 0; x < inRow; x++) {
        const blockRows = tile ? blockHeight : Math.min(blockHeight, height - y * blockHeight);
        const bytes = blockBytes(options, { x: x * blockWidth, y: y * blockHeight, width: blockWidth, height: blockRows, band });
        blocks.push(sparse.includes(blocks.length) ? Buffer.alloc(0) : options.deflate ? deflateSync(bytes) : bytes);
      }
    }
  }
  const head = big ? 16 : 8;
  const offsets: number[] = [];
  let at = head;
  for (const block of blocks) {
    offsets.push(block.length === 0 ? 0 : at);
    at += block.length;
  }
  const tags: Tag[] = [
    { tag: 256, type: LONG, values: [width] },
    { tag: 257, type: LONG, values: [height] },
    { tag: 258, type: SHORT, values: Array(bands).fill(8 * size) },
    { tag: 259, type: SHORT, values: [options.deflate ? 8 : 1] },
    { tag: 262, type: SHORT, values: [1] },
    { tag: 277, type: SHORT, values: [bands] },
    { tag: 284, type: SHORT, values: [planar ? 2 : 1] },
    { tag: 317, type: SHORT, values: [options.predictor ? 2 : 1] },
    { tag: 339, type: SHORT, values: Array(bands).fill(FORMATS[type[0] as string] as number) },
    ...(tile
      ? [
          { tag: 322, type: LONG, values: [blockWidth] },
          { tag: 323, type: LONG, values: [blockHeight] },
        ]
      : [{ tag: 278, type: LONG, values: [rows] }]),
    { tag: tile ? 324 : 273, type: big ? LONG8 : LONG, values: offsets },
    { tag: tile ? 325 : 279, type: LONG, values: blocks.map(({ length }) => length) },
    ...(options.plain ? [] : [{ tag: 33550, type: DOUBLE, values: [1, 1, 0] }]),
    ...(options.nodata === undefined ? [] : [{ tag: 42113, type: ASCII, values: [...Buffer.from(`${options.nodata}\0`)] }]),
    ...(options.metadata === undefined ? [] : [{ tag: 42112, type: ASCII, values: [...Buffer.from(`${options.metadata}\0`)] }]),
  ];
  for (const [tag, value] of Object.entries(options.shorts ?? {})) {
    const known = tags.findIndex((each) => each.tag === Number(tag));
    tags.splice(known < 0 ? tags.length : known, known < 0 ? 0 : 1, { tag: Number(tag), type: SHORT, values: [value] });
  }
  const directories: Buffer[] = [];
  const first = at + (at & 1);
  let place = first;
  const pages = [tags, ...(options.pages ?? []).map((kind) => [{ tag: 254, type: LONG, values: [kind] }, ...tags])];
  for (const [i, page] of pages.entries()) {
    const bytes = directoryBytes(page, place, { big, little, isLast: i === pages.length - 1 });
    directories.push(bytes);
    place += bytes.length;
  }
  const header = Buffer.alloc(head);
  header.write(little ? "II" : "MM", 0, "latin1");
  const view = new DataView(header.buffer, header.byteOffset, head);
  view.setUint16(2, big ? 43 : 42, little);
  if (big) {
    view.setUint16(4, 8, little);
    view.setBigUint64(8, BigInt(first), little);
  } else view.setUint32(4, first, little);
  return Buffer.concat([header, ...blocks, Buffer.alloc(at & 1), ...directories]);
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly band: number;
}

/** The values of a block; beyond the edge of the raster there is 77. */
function blockBytes(options: TiffOptions, place: Place): Buffer {
  const { bands, type, planar = false, predictor = false, bigEndian = false, width, height, value } = options;
  const own = planar ? 1 : bands;
  const size = Number(type.slice(1));
  const out = Buffer.alloc(place.width * place.height * own * size);
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  const valueAt = (x: number, y: number, b: number) =>
    place.x + x < width && place.y + y < height ? value(planar ? place.band : b, place.y + y, place.x + x) : 77;
  for (let y = 0, at = 0; y < place.height; y++) {
    for (let x = 0; x < place.width; x++) {
      for (let b = 0; b < own; b++, at += size) {
        const before = predictor && x > 0 ? valueAt(x - 1, y, b) : 0;
        put(view, at, type, valueAt(x, y, b) - before, !bigEndian);
      }
    }
  }
  return out;
}

function put(view: DataView, at: number, type: string, value: number, little: boolean): void {
  if (type === "f8") view.setFloat64(at, value, little);
  else if (type === "f4") view.setFloat32(at, value, little);
  else if (type === "u4" || type === "i4") view.setInt32(at, value | 0, little);
  else if (type === "u1" || type === "i1") view.setUint8(at, value & 255);
  else view.setUint16(at, value & 65_535, little);
}

function directoryBytes(
  tags: readonly Tag[],
  place: number,
  { big, little, isLast }: { readonly big: boolean; readonly little: boolean; readonly isLast: boolean },
): Buffer {
  const sorted = [...tags].sort((a, b) => a.tag - b.tag);
  const [countBytes, entryBytes, here] = big ? [8, 20, 8] : [2, 12, 4];
  const fixed = countBytes + sorted.length * entryBytes + here;
  const extra: Buffer[] = [];
  let end = place + fixed;
  const out = Buffer.alloc(fixed);
  const view = new DataView(out.buffer, out.byteOffset, fixed);
  if (big) view.setBigUint64(0, BigInt(sorted.length), little);
  else view.setUint16(0, sorted.length, little);
  for (const [i, { tag, type, values }] of sorted.entries()) {
    const at = countBytes + i * entryBytes;
    view.setUint16(at, tag, little);
    view.setUint16(at + 2, type, little);
    if (big) view.setBigUint64(at + 4, BigInt(values.length), little);
    else view.setUint32(at + 4, values.length, little);
    const size = SIZES[type] as number;
    const bytes = Buffer.alloc(Math.max(here, Math.ceil((values.length * size) / 8) * 8));
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (const [j, value] of values.entries()) {
      if (type === ASCII) data.setUint8(j, value);
      else if (type === SHORT) data.setUint16(2 * j, value, little);
      else if (type === LONG) data.setUint32(4 * j, value, little);
      else if (type === DOUBLE) data.setFloat64(8 * j, value, little);
      else data.setBigUint64(8 * j, BigInt(value), little);
    }
    if (values.length * size <= here) bytes.copy(out, at + entryBytes - here, 0, here);
    else {
      if (big) view.setBigUint64(at + entryBytes - here, BigInt(end), little);
      else view.setUint32(at + entryBytes - here, end, little);
      extra.push(bytes);
      end += bytes.length;
    }
  }
  const next = isLast ? 0 : end;
  if (big) view.setBigUint64(fixed - here, BigInt(next), little);
  else view.setUint32(fixed - here, next, little);
  return Buffer.concat([out, ...extra]);
}
