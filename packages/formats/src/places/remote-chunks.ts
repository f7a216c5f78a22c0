import type { FileIdentity } from "@normstream/tensor";
import type { ByteRange, RangeRequests } from "./range-requests.js";
import { RangeStream } from "./range-stream.js";
import { RETRY_POLICY } from "./retry-policy.js";

const CHUNK_BYTES = 256 * 1024;

/** A range of a far object from first to last, by one request as long as nothing breaks. A chunk is the receiver's own. */
export async function* remoteChunks(
  requests: RangeRequests,
  identity: FileIdentity,
  range: ByteRange,
): AsyncGenerator<Uint8Array> {
  using stream = new RangeStream(requests, identity, range, RETRY_POLICY);
  while (stream.left > 0) {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, stream.left));
    await stream.read(chunk);
    yield chunk;
  }
}
