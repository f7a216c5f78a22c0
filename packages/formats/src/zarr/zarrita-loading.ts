import { loadOptional } from "../optional-package.js";
import { packageVersion } from "../package-version.js";

type Zarrita = typeof import("zarrita");

let loading: Promise<{ readonly zarrita: Zarrita; readonly version: string }> | undefined;

/** Loads zarrita. @throws NormstreamError of kind `usage` where it is not installed. */
export function loadZarrita(): Promise<{ readonly zarrita: Zarrita; readonly version: string }> {
  loading ??= loadOptional("zarrita", "reading Zarr", async () => {
    const zarrita = await import("zarrita");
    return { zarrita, version: packageVersion("zarrita") };
  });
  return loading;
}
