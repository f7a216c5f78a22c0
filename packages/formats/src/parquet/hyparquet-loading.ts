import { packageVersion } from "../package-version.js";

type Hyparquet = typeof import("hyparquet");
type Compressors = typeof import("hyparquet-compressors")["compressors"];

let loading: Promise<{ readonly hyparquet: Hyparquet; readonly compressors: Compressors }> | undefined;

/** Loads what decodes Parquet: every encoding, and every codec. */
export function loadHyparquet(): Promise<{ readonly hyparquet: Hyparquet; readonly compressors: Compressors }> {
  loading ??= (async () => {
    const [hyparquet, { compressors }] = await Promise.all([import("hyparquet"), import("hyparquet-compressors")]);
    return { hyparquet, compressors };
  })();
  return loading;
}

/** The decoder and its version. */
export const parquetReader = (): string => packageVersion("hyparquet");
