import { type ErrorKind, NormstreamError } from "@normstream/tensor";
import { CommandLineError } from "./command-line.js";
import { STOP_SIGNALS, type StopSignal } from "./interruption.js";

const EXIT_CODES: Record<Exclude<ErrorKind, "aborted">, number> = { internal: 1, usage: 2, data: 3, io: 4 };

/** A check that the command was asked to make did not hold. The result is out; the message is the reason. */
export class CheckFailed extends Error {
  override readonly name = "CheckFailed";
}

const CHECK_FAILED = 5;

/** The exit code of a run that threw: by who has to act on it. */
export function exitCodeOf(error: unknown, stoppedBy: StopSignal | undefined): number {
  if (error instanceof CheckFailed) return CHECK_FAILED;
  const kind = kindOf(error);
  if (kind === "aborted") return STOP_SIGNALS[stoppedBy ?? "SIGINT"];
  return EXIT_CODES[kind];
}

/** Says on stderr, in one line, what went wrong. The stack is for who asks for it with NORMSTREAM_DEBUG=1. */
export function reportError(error: unknown, stoppedBy: StopSignal | undefined): void {
  process.stderr.write(`normstream: ${lineOf(error, stoppedBy)}\n`);
  if (process.env.NORMSTREAM_DEBUG !== "1" || !(error instanceof Error)) return;
  for (let at: unknown = error; at instanceof Error; at = at.cause) process.stderr.write(`${at.stack}\n`);
}

function lineOf(error: unknown, stoppedBy: StopSignal | undefined): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof CheckFailed) return message;
  switch (kindOf(error)) {
    case "aborted":
      return `stopped by ${stoppedBy ?? "a signal"}: nothing was written, and the same command runs it again`;
    case "internal":
      return `${message.replace(/[\s\p{Cc}]+/gu, " ")}. This is our fault, please report it; NORMSTREAM_DEBUG=1 shows where it happened`;
    default:
      return message;
  }
}

function kindOf(error: unknown): ErrorKind {
  if (error instanceof CommandLineError) return "usage";
  return error instanceof NormstreamError ? error.kind : "internal";
}
