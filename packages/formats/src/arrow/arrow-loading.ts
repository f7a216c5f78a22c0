import { packageVersion } from "../package-version.js";

type Arrow = typeof import("apache-arrow");

let loading: Promise<Arrow> | undefined;

/** Loads what decodes Arrow, with the codecs that its writers use. */
export function loadArrow(): Promise<Arrow> {
  loading ??= (async () => {
    const [arrow, { decompressZstd }, { decompressLz4Frame }] = await Promise.all([
      import("apache-arrow"),
      import("hyparquet-compressors"),
      import("./lz4-frame.js"),
    ]);
    const { compressionRegistry, CompressionType } = arrow;
    compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: decompressLz4Frame });
    compressionRegistry.set(CompressionType.ZSTD, {
      decode: (bytes) => (decompressZstd as (bytes: Uint8Array) => Uint8Array)(bytes),
    });
    return arrow;
  })();
  return loading;
}

/** The decoder and its version. */
export const arrowReader = (): string => packageVersion("apache-arrow");
