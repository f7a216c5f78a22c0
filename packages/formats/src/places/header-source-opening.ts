import { type HeaderSource, openFileHeaderSource } from "../bytes/header-source.js";
import { requestsOf } from "./place.js";
import { openRemoteHeaderSource } from "./remote-header-source.js";

/**
 * Opens what an input names, wherever it is, as long as it is not empty.
 * @throws NormstreamError of kind `io` where it is missing or cannot be read; `data` where it is empty; `usage` for a place that is not
 * read from.
 */
export async function openHeaderSource(path: string, signal?: AbortSignal): Promise<HeaderSource> {
  const requests = requestsOf(path);
  return requests ? openRemoteHeaderSource(requests, path, signal) : openFileHeaderSource(path);
}
