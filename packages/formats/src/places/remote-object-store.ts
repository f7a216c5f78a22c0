import { type FileIdentity, NormstreamError, usageError } from "@normstream/tensor";
import type { ObjectStore } from "../bytes/object-store.js";
import { requestsOf } from "./place.js";
import { NoSuchObjectError, type RangeRequests } from "./range-requests.js";
import { RangeStream } from "./range-stream.js";
import { RETRY_POLICY, type RetryPolicy } from "./retry-policy.js";

/** Beyond the end of every object: one request brings it whole, whatever its size. */
const WHOLE = 2 ** 42;
/** Objects whose state is kept, so that later ranges are of the same one. */
const KEPT_IDENTITIES = 1024;

/**
 * Objects behind HTTP or S3 under one root, which cannot be listed. Only an answer that says so (404, 410) means that there is none: a
 * refusal or a broken connection never does.
 * @param root the URL of the root; its query, which may be a signature, goes with each request
 */
export function remoteStore(root: string, policy: RetryPolicy = RETRY_POLICY): ObjectStore {
  const identities = new Map<string, FileIdentity>();
  const running = new Set<RangeStream>();
  const keep = (key: string, identity: FileIdentity) => {
    const [oldest] = identities.keys();
    if (identities.size >= KEPT_IDENTITIES && oldest !== undefined) identities.delete(oldest);
    identities.set(key, identity);
  };
  const readRange = async (requests: RangeRequests, key: string, from: number, to: number): Promise<Uint8Array> => {
    using stream = new RangeStream(requests, identities.get(key), { from, to }, policy);
    running.add(stream);
    try {
      keep(key, await stream.identify());
      const bytes = new Uint8Array(stream.left);
      await stream.read(bytes);
      return bytes;
    } finally {
      running.delete(stream);
    }
  };
  const read = async (key: string, range: Parameters<ObjectStore["get"]>[1]): Promise<Uint8Array> => {
    const requests = requestsOf(urlBelow(root, key));
    if (!requests) throw usageError("is no far place", { file: root });
    if (!range) return readRange(requests, key, 0, WHOLE);
    if (!("suffixLength" in range)) return readRange(requests, key, range.offset, range.offset + range.length);
    if (!identities.has(key)) await readRange(requests, key, 0, 1);
    const { size } = identities.get(key) as FileIdentity;
    return readRange(requests, key, Math.max(0, size - range.suffixLength), size);
  };
  return {
    root,
    async get(key, range) {
      try {
        return await read(key, range);
      } catch (error) {
        if (error instanceof NoSuchObjectError) return undefined;
        throw error;
      }
    },
    identify: async (key) => identities.get(key),
    list: async () => undefined,
    [Symbol.dispose]() {
      for (const stream of running) stream[Symbol.dispose]();
    },
  };
}

/** `https://host/a.zarr?key=1` and `c/0` are `https://host/a.zarr/c/0?key=1`. */
export function urlBelow(root: string, key: string): string {
  if (/^s3:/i.test(root)) return `${root.replace(/\/+$/, "")}/${key}`;
  let url: URL;
  try {
    url = new URL(root);
  } catch (cause) {
    throw new NormstreamError("usage", "is no URL", { file: root, hint: "Write https://host/path.", cause });
  }
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${key.split("/").map(encodeURIComponent).join("/")}`;
  return url.href;
}
