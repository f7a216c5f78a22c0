import type sharpFunction from "sharp";
import { loadOptional } from "../optional-package.js";

export type Sharp = typeof sharpFunction;

let loading: Promise<Sharp> | undefined;

/**
 * Loads sharp, once a thread. An image is decoded by one thread of libvips: the pool's threads each decode images of their own.
 * @throws NormstreamError of kind `usage` where it is not installed.
 */
export function loadSharp(): Promise<Sharp> {
  loading ??= loadOptional("sharp", "reading images", async () => {
    const { default: sharp } = await import("sharp");
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loading;
}

/** What decodes images, and its versions. */
export const sharpVersions = ({ versions }: Sharp): readonly string[] => [
  `sharp ${versions.sharp ?? "?"}`,
  `libvips ${versions.vips}`,
];
