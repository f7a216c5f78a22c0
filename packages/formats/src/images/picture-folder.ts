import { throwIfAborted } from "@normstream/tensor";
import { createAtomicFolder } from "../bytes/atomic-folder.js";
import { type OutputOptions, PICTURE_FOLDER } from "../bytes/output-target.js";
import { loadSharp, type Sharp } from "./sharp-loading.js";

/** A picture of 8 bits a value. */
export interface Picture {
  /** Of its file, without the extension. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 RGB. */
  readonly channels: 1 | 3;
  /** `[height, width, channels]`; not mutated. */
  readonly bytes: Uint8Array;
}

/** Options of `writePictures`. */
export interface PictureFolderOptions extends OutputOptions {
  /** What the folder's `look.json` says of the pictures. */
  readonly about: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal | undefined;
}

/** The contact sheet shows pictures no smaller than the first and no larger than the second, in pixels of the longer side. */
const SHEET_SIZES = [96, 256] as const;
const GAP = 4;
/** Mid-grey: the mean. */
const GROUND = 0x80;

/**
 * Writes a folder of PNG files, one a picture, `sheet.png` with all of them beside each other, and `look.json`. It appears when it is whole.
 * @param pictures of one size and number of channels; those that are not wanted again are dropped
 * @throws NormstreamError of kind `usage` where sharp is not installed, or the folder exists and `overwrite` is not set; `io`
 */
export async function writePictures(
  path: string,
  pictures: AsyncIterable<Picture>,
  options: PictureFolderOptions,
): Promise<{ readonly count: number }> {
  const sharp = await loadSharp();
  const mark = `${JSON.stringify(options.about, null, 2)}\n`;
  await using folder = await createAtomicFolder(path, { ...options, kind: PICTURE_FOLDER, mark });
  const thumbnails: Buffer[] = [];
  for await (const picture of pictures) {
    throwIfAborted(options.signal);
    const { width, height, channels, bytes } = picture;
    const raw = { width, height, channels };
    folder.write(
      `${picture.name}.png`,
      await sharp(bytes, { raw })
        .toColourspace(channels === 1 ? "b-w" : "srgb")
        .png()
        .toBuffer(),
    );
    thumbnails.push(await thumbnail(sharp, picture));
  }
  if (thumbnails.length > 0) folder.write("sheet.png", await sheet(sharp, thumbnails));
  await folder.commit();
  return { count: thumbnails.length };
}

/** Small pictures grow by whole factors, so that each of their pixels is seen; large ones shrink. */
async function thumbnail(sharp: Sharp, { width, height, channels, bytes }: Picture): Promise<Buffer> {
  const longer = Math.max(width, height);
  const [least, most] = SHEET_SIZES;
  const factor = longer < least ? Math.ceil(least / longer) : Math.min(1, most / longer);
  const size = { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
  const image = sharp(bytes, { raw: { width, height, channels } });
  return image
    .resize({ ...size, fit: "fill", kernel: factor > 1 ? "nearest" : "lanczos3" })
    .png()
    .toBuffer();
}

async function sheet(sharp: Sharp, thumbnails: readonly Buffer[]): Promise<Buffer> {
  const { width, height } = await sharp(thumbnails[0]).metadata();
  const columns = Math.ceil(Math.sqrt((thumbnails.length * height) / width));
  const rows = Math.ceil(thumbnails.length / columns);
  const background = { r: GROUND, g: GROUND, b: GROUND };
  const place = (input: Buffer, i: number) => ({
    input,
    left: GAP + (i % columns) * (width + GAP),
    top: GAP + Math.floor(i / columns) * (height + GAP),
  });
  return sharp({
    create: { width: GAP + columns * (width + GAP), height: GAP + rows * (height + GAP), channels: 3, background },
  })
    .composite(thumbnails.map(place))
    .png()
    .toBuffer();
}
