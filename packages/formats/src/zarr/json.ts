/** An object of JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** A value as an object; undefined where it is none. */
export const asJson = (value: unknown): Json | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;

/** The object that metadata are, with NaN and infinities as strings: Python writes them as they stand, which JSON has not. Undefined for none. */
export function parseMetadata(bytes: Uint8Array): Json | undefined {
  const text = Buffer.from(bytes)
    .toString("utf8")
    .replace(/:\s*(NaN|-?Infinity)(?=\s*[,}])/g, ': "$1"');
  try {
    return asJson(JSON.parse(text));
  } catch {
    return undefined;
  }
}
