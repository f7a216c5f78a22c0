import { dataError, type ErrorDetails, NormstreamError } from "@normstream/tensor";

/** The first line of what a library threw: the rest is for who debugs it. */
export const firstLine = (cause: unknown): string => String((cause as Error).message ?? cause).split("\n", 1)[0] ?? "";

/** What a decoder threw, as an error of ours: one that is ours already as it is, else of kind `data`, with the library's own words. */
export function decodingError(what: string, cause: unknown, details: ErrorDetails): NormstreamError {
  return cause instanceof NormstreamError ? cause : dataError(what, { ...details, found: firstLine(cause), cause });
}
