import { packageVersion } from "../package-version.js";

type Parse = typeof import("csv-parse/sync")["parse"];

/** Loads what splits text into cells. */
export const loadCsvParser = async (): Promise<Parse> => (await import("csv-parse/sync")).parse;

/** The decoder and its version. */
export const csvReader = (): string => packageVersion("csv-parse");
