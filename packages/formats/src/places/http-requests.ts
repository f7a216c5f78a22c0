import { dataError, type FileIdentity, NormstreamError, usageError } from "@normstream/tensor";
import { type ByteRange, NoSuchObjectError, type RangeAnswer, type RangeRequests, TransientError } from "./range-requests.js";

const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * An object behind HTTP or HTTPS (RFC 9110, range requests). User and password in the URL go into the Authorization header; neither
 * they nor the query, which may be a signature, is ever said.
 * @throws NormstreamError of kind `usage` for what is no URL.
 */
export function httpRequests(url: string): RangeRequests {
  const { target, name, headers } = requestOf(url);
  return {
    name,
    async request(range, identity, signal) {
      const wanted = { ...headers, "accept-encoding": "identity", range: `bytes=${range.from}-${range.to - 1}` };
      let response: Response;
      try {
        response = await fetch(target, { headers: { ...wanted, ...conditions(identity) }, signal, redirect: "follow" });
      } catch (cause) {
        throw new TransientError(causeWords(cause), { cause });
      }
      if (response.status === 206) return answerOf(response, range, name);
      await response.body?.cancel().catch(() => {});
      throw refusal(response, range, name);
    },
  };
}

function requestOf(url: string): { target: string; name: string; headers: Record<string, string> } {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw usageError("is no URL", { file: url, hint: "Write https://host/path.", cause });
  }
  const { username, password } = parsed;
  parsed.username = parsed.password = parsed.hash = "";
  const name = `${parsed.origin}${parsed.pathname}`;
  if (!username && !password) return { target: parsed.href, name, headers: {} };
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { target: parsed.href, name, headers: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` } };
}

/** A weak tag never matches with If-Match: then the date has to do. */
function conditions(identity: FileIdentity | undefined): Record<string, string> {
  if (!identity) return {};
  if (identity.etag !== undefined && !identity.etag.startsWith("W/")) return { "if-match": identity.etag };
  return identity.mtimeMs > 0 ? { "if-unmodified-since": new Date(identity.mtimeMs).toUTCString() } : {};
}

function answerOf(response: Response, range: ByteRange, name: string): RangeAnswer {
  const found = response.headers.get("content-range") ?? "none";
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(found);
  const objectBytes = Number(match?.[3]);
  if (!match || Number(match[1]) !== range.from || Number(match[2]) !== Math.min(range.to, objectBytes) - 1) {
    void response.body?.cancel().catch(() => {});
    throw new NormstreamError("io", "the server answered with another range", {
      file: name,
      expected: `bytes ${range.from}-${range.to - 1} and the length of the whole`,
      found,
    });
  }
  const date = Date.parse(response.headers.get("last-modified") ?? "");
  return {
    objectBytes,
    etag: response.headers.get("etag") ?? undefined,
    mtimeMs: Number.isFinite(date) ? date : 0,
    body: bytesOf(response.body),
  };
}

/** Locks the body at once: `fetch` cancels one that nobody reads as soon as its response is collected. */
function bytesOf(body: ReadableStream<Uint8Array> | null): AsyncIterable<Uint8Array> {
  const reader = body?.getReader();
  return reader ? chunksOf(reader) : (async function* () {})();
}

async function* chunksOf(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** What any answer but 206 means. */
function refusal({ status, headers }: Response, range: ByteRange, name: string): Error {
  if (TRANSIENT.has(status)) {
    const seconds = Number(headers.get("retry-after"));
    return new TransientError(`HTTP ${status}`, { retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : 0 });
  }
  if (status === 200) {
    return new NormstreamError(
      "io",
      `the server sent the whole object where bytes ${range.from}-${range.to - 1} were asked for`,
      {
        file: name,
        hint: "It does not serve ranges: download the file first.",
      },
    );
  }
  if (status === 412) return changedError(name);
  if (status === 416) {
    const whole = /\/(\d+)$/.exec(headers.get("content-range") ?? "")?.[1];
    if (whole === "0") return dataError("the object is empty", { file: name, expected: "a tensor" });
    return new NormstreamError("io", "the object is shorter than it was", {
      file: name,
      byteOffset: range.from,
      hint: RUN_AGAIN,
    });
  }
  if (status === 404 || status === 410) return new NoSuchObjectError(`there is no such object (HTTP ${status})`, name);
  if (status === 401 || status === 403) {
    return new NormstreamError("io", `access is refused (HTTP ${status})`, {
      file: name,
      hint: "A user and password go into the URL: https://user:password@host/path.",
    });
  }
  return new NormstreamError("io", `the server answered HTTP ${status}`, { file: name });
}

const RUN_AGAIN = "Run again when nothing writes to it.";

/** The object is no longer the one that was opened. */
export const changedError = (name: string, found?: string, expected?: string): NormstreamError =>
  new NormstreamError("io", "the object changed after it was opened", { file: name, expected, found, hint: RUN_AGAIN });

/** What `fetch` hides behind "fetch failed". */
function causeWords(error: unknown): string {
  let inner = error as { message?: string; code?: string; cause?: unknown };
  while (inner.cause instanceof Error) inner = inner.cause as typeof inner;
  return inner.message || inner.code || String(error);
}
