import type { FileIdentity } from "@normstream/tensor";
import type { HeaderSource } from "../bytes/header-source.js";
import type { RangeRequests } from "./range-requests.js";
import { RangeStream } from "./range-stream.js";
import { RETRY_POLICY, type RetryPolicy } from "./retry-policy.js";

/** The first bytes, which hold most headers: one request opens most files. */
const HEAD_BYTES = 64 * 1024;

/**
 * Opens an object at a far place, and keeps what tells it from a later one: its size, entity tag and date.
 * @param path all of its URL
 * @throws NormstreamError of kind `io` where it cannot be read, `data` where it is empty.
 */
export async function openRemoteHeaderSource(
  requests: RangeRequests,
  path: string,
  signal?: AbortSignal,
  policy: RetryPolicy = RETRY_POLICY,
): Promise<HeaderSource> {
  using first = new RangeStream(requests, undefined, { from: 0, to: HEAD_BYTES }, policy);
  const stop = () => first[Symbol.dispose]();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    signal?.throwIfAborted();
    const identity = await first.identify();
    const head = new Uint8Array(Math.min(HEAD_BYTES, identity.size));
    await first.read(head);
    return headerSource(requests, path, identity, head, policy);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

function headerSource(
  requests: RangeRequests,
  path: string,
  identity: FileIdentity,
  head: Uint8Array,
  policy: RetryPolicy,
): HeaderSource {
  return {
    name: requests.name,
    path,
    byteLength: identity.size,
    identity,
    async read(byteOffset, byteLength) {
      const from = Math.min(byteOffset, identity.size);
      const to = Math.max(from, Math.min(identity.size, byteOffset + byteLength));
      if (to <= head.length) return head.slice(from, to);
      const bytes = new Uint8Array(to - from);
      using stream = new RangeStream(requests, identity, { from, to }, policy);
      await stream.read(bytes);
      return bytes;
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
