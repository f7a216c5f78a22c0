/**
 * Who has to act on an error; it decides the exit code of the CLI.
 *
 * - `usage`: the call is wrong (exit 2)
 * - `data`: the input's bytes are not what they should be (exit 3)
 * - `io`: reading or writing failed (exit 4)
 * - `aborted`: the caller's signal, Ctrl-C (exit 130 or 143)
 * - `internal`: our fault (exit 1)
 */
export type ErrorKind = "usage" | "data" | "io" | "aborted" | "internal";

/** Where and what, as far as it is known: the parts of one clear line. */
export interface ErrorDetails {
  /** File (or tensor in it) that the error is about. */
  readonly file?: string | undefined;
  /** Byte in that file at which it shows. */
  readonly byteOffset?: number | undefined;
  /** Channel, counted from 0. */
  readonly channel?: number | undefined;
  /** Sample, counted from 0. */
  readonly sample?: number | undefined;
  /** Batch of a stream, counted from 0. */
  readonly batch?: number | undefined;
  /** What was expected instead. */
  readonly expected?: string | undefined;
  /** What was found. */
  readonly found?: string | undefined;
  /** What the reader can do about it. */
  readonly hint?: string | undefined;
  /** The error beneath. */
  readonly cause?: unknown;
}

/** The one error class of Normstream. `message` is one complete line; the fields hold its parts. */
export class NormstreamError extends Error {
  /** `NormstreamError` */
  override readonly name = "NormstreamError";
  /** Who has to act. */
  readonly kind: ErrorKind;
  /** Where and what, in parts. */
  readonly details: ErrorDetails;

  /** Puts `what` and the details together to one line. */
  constructor(kind: ErrorKind, what: string, details: ErrorDetails = {}) {
    super(sentence(what, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.details = details;
  }
}

function sentence(what: string, d: ErrorDetails): string {
  const where = [
    d.batch === undefined ? undefined : `batch ${d.batch}`,
    d.file,
    d.byteOffset === undefined ? undefined : `byte ${d.byteOffset}`,
    d.sample === undefined ? undefined : `sample ${d.sample}`,
    d.channel === undefined ? undefined : `channel ${d.channel}`,
  ].filter((part) => part !== undefined);
  let text = where.length > 0 ? `${where.join(", ")}: ${what}` : what;
  if (d.expected !== undefined) text += `; expected ${d.expected}`;
  if (d.found !== undefined) text += `, found ${d.found}`;
  if (d.hint !== undefined) text += `. ${d.hint}`;
  // One line, whatever a file's name or header holds.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
}

export const usageError = (what: string, details?: ErrorDetails): NormstreamError => new NormstreamError("usage", what, details);
export const dataError = (what: string, details?: ErrorDetails): NormstreamError => new NormstreamError("data", what, details);
export const internalError = (what: string, details?: ErrorDetails): NormstreamError =>
  new NormstreamError("internal", what, details);

const IO_WORDS: Record<string, string> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EISDIR: "is a folder, not a file",
  ENOTDIR: "a part of the path is not a folder",
  ENOSPC: "no space left on the device",
  EDQUOT: "disk quota exceeded",
  EROFS: "the file system is read-only",
  EIO: "the device failed to read or write",
  EMFILE: "too many open files",
  EFBIG: "the file is too large for this file system",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "the symbolic link leads back to itself",
};

/** An error of kind `io` from what the operating system said. */
export function ioError(what: string, cause: unknown, details: ErrorDetails = {}): NormstreamError {
  const code = (cause as { code?: string } | undefined)?.code;
  const word = code === undefined ? (cause instanceof Error ? cause.message : String(cause)) : (IO_WORDS[code] ?? code);
  return new NormstreamError("io", `${what}: ${word}`, { ...details, cause });
}

/** Throws an error of kind `aborted` if the signal has been aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedError(signal.reason);
}

export const abortedError = (cause?: unknown): NormstreamError => new NormstreamError("aborted", "stopped", { cause });

/** What crosses a thread of an error. */
export interface PlainError {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly details: Omit<ErrorDetails, "cause">;
  readonly stack?: string | undefined;
}

/** The plain form of any error; one that is not ours is an `internal` error. */
export function toPlainError(error: unknown): PlainError {
  if (error instanceof NormstreamError) {
    const { cause: _, ...details } = error.details;
    return { kind: error.kind, message: error.message, details };
  }
  const e = error instanceof Error ? error : new Error(String(error));
  return { kind: "internal", message: e.message, details: {}, stack: e.stack };
}

/** The error again, from its plain form. */
export function fromPlainError(plain: PlainError): NormstreamError {
  const error = new NormstreamError(plain.kind, "", {});
  error.message = plain.message;
  Object.assign(error, { details: plain.details });
  if (plain.stack !== undefined) error.stack = plain.stack;
  return error;
}
