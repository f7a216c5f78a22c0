import type { ByteSource, FileIdentity } from "@normstream/tensor";
import { requestsOf } from "../places/place.js";
import { remoteByteSource } from "../places/remote-byte-source.js";
import { fileByteSource } from "./file-byte-source.js";

/**
 * Bytes at a place, for the thread that asks: all readers of elements get them here, and none opens a file itself.
 * @param path of a local file, or the URL of an object behind HTTP or S3
 * @throws NormstreamError of kind `data` where a file is no longer in the state `identity`, `io` where it cannot be opened; objects are
 * looked at when they are read.
 */
export function openByteSource(path: string, identity: FileIdentity): ByteSource {
  const requests = requestsOf(path);
  return requests ? remoteByteSource(requests, identity) : fileByteSource(path, identity);
}
