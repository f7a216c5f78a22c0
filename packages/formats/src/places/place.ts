import { usageError } from "@normstream/tensor";
import { httpRequests } from "./http-requests.js";
import type { RangeRequests } from "./range-requests.js";
import { s3Requests } from "./s3-requests.js";

/** Two letters at least, so that a drive is none. */
const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;

/** Whether an input names something that is not a local file. */
export const isFarPlace = (input: string): boolean => SCHEME.test(input);

/** What to call an input in a message: a URL without its password and signature. */
export const placeName = (input: string): string => requestsOf(input)?.name ?? input;

/**
 * The far place that an input names: `https://…`, `http://…`, `s3://bucket/key`; null for a local file.
 * @throws NormstreamError of kind `usage` for another scheme, and for a URL that is damaged.
 */
export function requestsOf(input: string): RangeRequests | null {
  const scheme = SCHEME.exec(input)?.[1]?.toLowerCase();
  if (scheme === undefined) return null;
  if (scheme === "http" || scheme === "https") return httpRequests(input);
  if (scheme === "s3") return s3Requests(input);
  throw usageError(`${scheme}: is no place that is read from`, {
    file: input,
    expected: "a local file, http://, https:// or s3://",
    hint: "Download it first.",
  });
}
