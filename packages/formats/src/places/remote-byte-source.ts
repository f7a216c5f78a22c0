import type { ByteSource, FileIdentity } from "@normstream/tensor";
import pLimit from "p-limit";
import type { RangeRequests } from "./range-requests.js";
import { RangeStream } from "./range-stream.js";
import { RETRY_POLICY, type RetryPolicy } from "./retry-policy.js";

/** Ranges that are asked for ahead of their reading, at most. */
const AHEAD = 2;
/** Requests for scattered reads on their way at once. */
const SCATTERED = 8;

/**
 * An object at a far place as a ByteSource. What is announced by `expect` comes by one request, while earlier bytes are computed on;
 * any other read is a request of its own.
 */
export function remoteByteSource(
  requests: RangeRequests,
  identity: FileIdentity,
  policy: RetryPolicy = RETRY_POLICY,
): ByteSource {
  const limit = pLimit(SCATTERED);
  const ahead: RangeStream[] = [];
  const single = new Set<RangeStream>();
  let disposed = false;
  const drop = (stream: RangeStream) => {
    stream[Symbol.dispose]();
    ahead.splice(ahead.indexOf(stream), 1);
  };
  const readAlone = async (target: Uint8Array, position: number): Promise<number> => {
    if (disposed) return 0;
    const stream = new RangeStream(requests, identity, { from: position, to: position + target.length }, policy);
    single.add(stream);
    try {
      return await stream.read(target);
    } finally {
      stream[Symbol.dispose]();
      single.delete(stream);
    }
  };
  return {
    name: requests.name,
    byteLength: identity.size,
    expect(position, byteLength) {
      const to = Math.min(identity.size, position + byteLength);
      if (to <= position || ahead.some((stream) => stream.next === position)) return;
      // Whoever announces a third range no longer reads the first one.
      for (const old of ahead.slice(0, Math.max(0, ahead.length - AHEAD + 1))) drop(old);
      ahead.push(new RangeStream(requests, identity, { from: position, to }, policy).start());
    },
    async read(target, position) {
      const wanted = target.subarray(0, Math.max(0, Math.min(target.length, identity.size - position)));
      if (wanted.length === 0) return 0;
      const stream = ahead.find(({ next, left }) => next === position && left >= wanted.length);
      if (!stream) return limit(() => readAlone(wanted, position));
      const reading = stream.read(wanted);
      const isLast = stream.left === 0;
      try {
        return await reading;
      } finally {
        if (isLast && ahead.includes(stream)) drop(stream);
      }
    },
    [Symbol.dispose]() {
      disposed = true;
      for (const stream of [...ahead, ...single]) stream[Symbol.dispose]();
      ahead.length = 0;
    },
  };
}
