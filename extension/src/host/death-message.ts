import type { CellError } from "../protocol/kernel-messages.js";
import type { Death } from "./cell-process.js";

const AGAIN = "Variables are gone: run the cells again.";

/** What to tell of a process that ended by itself, in one message. */
export function deathMessage(
  { code, signal, lastWords, error }: Death,
  { wasReady, wasStopped }: { readonly wasReady: boolean; readonly wasStopped: boolean },
): CellError {
  const told = (name: string, message: string): CellError => ({ name, message, stack: "" });
  if (error?.code === "ENOENT") {
    return told("Normstream", "Node was not found. Install Node 20.19 or newer, or name one in the setting normstream.node.");
  }
  if (error) return told("Normstream", `The cell process could not be started: ${error.message}`);
  if (wasStopped) return told("Interrupted", `Stopping the cell ended its process. ${AGAIN}`);
  if (!wasReady) {
    const words = lastWords.split("\n").find((line) => /error/i.test(line)) ?? lastWords.split("\n")[0] ?? "";
    return told("Normstream", `The cell process ended before it was ready (${ending(code, signal)}). ${words}`.trim());
  }
  if (/heap out of memory/i.test(lastWords)) {
    return told(
      "Normstream",
      `The cell process ran out of memory. ${AGAIN} Set NODE_OPTIONS=--max-old-space-size=8192 to give it more.`,
    );
  }
  return told("Normstream", `The cell process ended (${ending(code, signal)}). ${AGAIN}`);
}

const ending = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `exit code ${code}` : `killed by ${signal}`;
