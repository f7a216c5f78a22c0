import { CommandAnswer, CommandLineEnd } from "./command-line.js";
import { endClusterRun } from "./engine.js";
import { CheckFailed, exitCodeOf, reportError } from "./exit.js";
import { watchSignals } from "./interruption.js";
import { ignoreStderrErrors, writeResult } from "./output.js";
import { createProgram } from "./program.js";

/** Runs one command line. @returns the exit code; everything that went wrong has been said. */
export async function runCli(args: readonly string[]): Promise<number> {
  ignoreStderrErrors();
  using interruption = watchSignals();
  const fail = (error: unknown): number => {
    reportError(error, interruption.name);
    return exitCodeOf(error, interruption.name);
  };
  // What no promise carries is our fault as well, and no reason for a stack trace.
  process.on("uncaughtException", (error) => process.exit(fail(error)));
  try {
    await createProgram(interruption.signal)
      .parseAsync(args, { from: "user" })
      .catch((error) => {
        if (error instanceof CommandLineEnd) return writeResult(error.text);
        throw error;
      });
    await endClusterRun();
    return 0;
  } catch (error) {
    const isAnswer = error instanceof CommandAnswer || error instanceof CheckFailed;
    await endClusterRun(isAnswer ? undefined : error).catch(() => {});
    if (error instanceof CommandAnswer) return error.exitCode;
    return fail(error);
  }
}
