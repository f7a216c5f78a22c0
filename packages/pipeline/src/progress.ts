import { PASS_FLAGS } from "./pass.js";

/** How far a pass has come. */
export interface Progress {
  /** Bytes of the tensor that have been worked on. */
  readonly bytes: number;
  /** Bytes of the tensor. */
  readonly totalBytes: number;
}

const INTERVAL_MS = 100;

/**
 * Reports a pass's progress ten times a second from the flags that threads count in, and once more when it is stopped.
 * @returns stops the reports
 */
export function watchProgress(
  flags: Int32Array,
  totalBytes: number,
  report: ((progress: Progress) => void) | undefined,
  offsetBytes = 0,
): () => void {
  if (!report) return () => {};
  const tell = () => {
    const bytes = Math.min(totalBytes, offsetBytes + Atomics.load(flags, PASS_FLAGS.kibibytes) * 1024);
    report({ bytes, totalBytes });
  };
  const timer = setInterval(tell, INTERVAL_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    tell();
  };
}
