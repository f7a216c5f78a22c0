import { arrowReader } from "./arrow/arrow-loading.js";
import { csvReader } from "./csv/csv-loading.js";
import { loadSharp, sharpVersions } from "./images/sharp-loading.js";
import { packageVersion } from "./package-version.js";
import { parquetReader } from "./parquet/hyparquet-loading.js";

/** What users install themselves: where one is not there, its version is not known. */
const OPTIONAL = ["zarrita", "geotiff", "h5wasm"];

/** What can decode data here, each with its version, as `StoredTensor.readers` names it: `sharp 0.35.5`. */
export async function installedReaders(): Promise<readonly string[]> {
  const images = await loadSharp().then(sharpVersions, () => []);
  const others = OPTIONAL.map(packageVersion).filter((reader) => reader.includes(" "));
  return [...images, ...others, arrowReader(), csvReader(), parquetReader()];
}
