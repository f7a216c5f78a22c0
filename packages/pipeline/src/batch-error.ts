import { NormstreamError } from "@normstream/tensor";

/**
 * The error of a batch, with its place in the stream.
 * @param batch counted from 0
 * @returns an error that is not ours, or that has a place already, as it is
 */
export function ofBatch(error: unknown, batch: number): unknown {
  if (!(error instanceof NormstreamError) || error.kind === "aborted" || error.details.batch !== undefined) return error;
  const placed = new NormstreamError(error.kind, "", { ...error.details, batch, cause: error });
  placed.message = `batch ${batch}: ${error.message}`;
  return placed;
}
