import { deflateSync } from "node:zlib";
import type { MimeBundle } from "@normstream/pipeline";
import { type ColorImage, colorPngFile } from "@normstream/report/charts";

/** What files of pictures begin with. */
const SIGNATURES: readonly (readonly [mime: string, bytes: readonly number[]])[] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
];
const WEBP = [0x57, 0x45, 0x42, 0x50];

const startsWith = (bytes: Uint8Array, start: readonly number[], at = 0): boolean =>
  start.every((byte, i) => bytes[at + i] === byte);

/** The bytes of a picture's file, by what they begin with; null for other bytes. */
export function imageFileForm(value: unknown): MimeBundle | null {
  if (!(value instanceof Uint8Array)) return null;
  const mime =
    SIGNATURES.find(([, bytes]) => startsWith(value, bytes))?.[0] ?? (startsWith(value, WEBP, 8) ? "image/webp" : undefined);
  if (mime === undefined) return null;
  return { [mime]: Buffer.from(value).toString("base64"), "text/plain": `${mime}, ${value.length} bytes` };
}

/** Pixels as a canvas's `ImageData` has them, or grey or RGB ones; null for all else. */
export function pixelsForm(value: unknown): MimeBundle | null {
  const { width, height, data } = (value ?? {}) as Partial<Record<"width" | "height" | "data", unknown>>;
  const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  if (!Number.isSafeInteger(width) || !Number.isSafeInteger(height) || !isBytes) return null;
  const channels = data.length / ((width as number) * (height as number));
  if (channels !== 1 && channels !== 3 && channels !== 4) return null;
  return pngForm({ width: width as number, height: height as number, channels, data }, `image, ${width} × ${height} pixels`);
}

function pngForm(image: ColorImage, text: string): MimeBundle {
  const png = colorPngFile(image, (bytes) => deflateSync(bytes));
  return { "image/png": Buffer.from(png).toString("base64"), "text/plain": text };
}
