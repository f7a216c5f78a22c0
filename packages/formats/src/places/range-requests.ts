import { type FileIdentity, NormstreamError } from "@normstream/tensor";

/** What a place answers to a request for a range. */
export interface RangeAnswer {
  /** Bytes of the whole object. */
  readonly objectBytes: number;
  /** The object's entity tag, with its quotes; undefined where the place gives none. */
  readonly etag: string | undefined;
  /** When it was last changed, milliseconds since 1970; 0 where the place does not say. */
  readonly mtimeMs: number;
  /** The bytes, from the first one on. They may end early where a connection breaks. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Bytes `from` up to, not including, `to`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** An object at a place that answers requests for ranges: HTTP, S3. */
export interface RangeRequests {
  /** What to call it in a message: without passwords, keys and signatures. */
  readonly name: string;
  /**
   * Asks for a range once.
   * @param identity the object as it was when it was opened: a place that can compares it and refuses another one
   * @throws TransientError for what may go well the next time; NormstreamError for what will not.
   */
  request(range: ByteRange, identity: FileIdentity | undefined, signal: AbortSignal): Promise<RangeAnswer>;
}

/** A place that says that it has no such object. */
export class NoSuchObjectError extends NormstreamError {
  /** @param what in the words of the place */
  constructor(what: string, file: string) {
    super("io", what, { file });
  }
}

/** What may go well the next time: a broken connection, a server that is busy. */
export class TransientError extends Error {
  override readonly name = "TransientError";
  /** How long the server asks to wait. */
  readonly retryAfterMs: number;

  constructor(what: string, options: { readonly cause?: unknown; readonly retryAfterMs?: number | undefined } = {}) {
    super(what, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}
