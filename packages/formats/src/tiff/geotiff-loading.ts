import { loadOptional } from "../optional-package.js";
import { packageVersion } from "../package-version.js";

type GeoTiffModule = typeof import("geotiff");

let loading: Promise<GeoTiffModule> | undefined;

/** Loads geotiff, once a thread. @throws NormstreamError of kind `usage` where it is not installed. */
export function loadGeoTiff(): Promise<GeoTiffModule> {
  loading ??= loadOptional("geotiff", "reading GeoTIFF", async () => await import("geotiff"));
  return loading;
}

/** What decodes, and its version. */
export const geoTiffVersion = (): string => packageVersion("geotiff");
