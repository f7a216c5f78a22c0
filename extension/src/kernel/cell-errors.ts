import { inspect, types } from "node:util";
import type { CellError } from "../protocol/kernel-messages.js";
import type { CellSyntaxError } from "./cell-syntax-error.js";
import { OWN_FRAME } from "./script-names.js";

/** Frames of one error that are shown at most. */
const MOST_FRAMES = 12;

/**
 * An error as the notebook shows it: with the cell's own lines and names, without the frames of what runs the cells. An error that
 * Normstream tells in one line stays one line.
 * @param titleOf what a run's cell is called
 */
export function cellError(thrown: unknown, titleOf: (run: number) => string): CellError {
  try {
    return described(thrown, titleOf);
  } catch {
    return { name: "Thrown", message: "something that cannot be shown", stack: "" };
  }
}

function described(thrown: unknown, titleOf: (run: number) => string): CellError {
  if (!isError(thrown)) return { name: "Thrown", message: inspect(thrown, { depth: 4 }), stack: "" };
  const name = typeof thrown.name === "string" ? thrown.name : "Error";
  const message = String(thrown.message);
  if (name === "NormstreamError") {
    const kind = (thrown as { kind?: unknown }).kind;
    return { name: typeof kind === "string" && kind !== "internal" ? `Normstream, ${kind}` : "Normstream", message, stack: "" };
  }
  const frames = framesOf(thrown, titleOf);
  const cause = isError(thrown.cause) ? [`Caused by ${thrown.cause.name}: ${thrown.cause.message}`] : [];
  const lines = [`${name}: ${message}`, ...frames, ...cause];
  return { name, message, stack: frames.length + cause.length > 0 ? lines.join("\n") : "" };
}

/** A syntax error, with its line as the cell has it. */
export function syntaxError({ message, line, column }: CellSyntaxError, code: string, title: string): CellError {
  const text = code.split("\n")[line - 1] ?? "";
  const stack = [`SyntaxError: ${message}`, `    ${title}, line ${line}`, "", text, `${" ".repeat(column)}^`].join("\n");
  return { name: "SyntaxError", message: `${message} (${title}, line ${line})`, stack };
}

/** Errors of other realms are errors too. */
const isError = (value: unknown): value is Error => value instanceof Error || types.isNativeError(value);

function framesOf({ stack }: Error, titleOf: (run: number) => string): string[] {
  if (typeof stack !== "string") return [];
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  // What called the cell's own code is not the reader's.
  const last = frames.findLastIndex((line) => OWN_FRAME.test(line));
  return frames
    .slice(0, last + 1 || MOST_FRAMES)
    .slice(0, MOST_FRAMES)
    .flatMap((line) => shownFrame(line, titleOf));
}

/** The kernel's own files. */
const FOLDER = new URL(".", import.meta.url).href;
const isKernels = (line: string): boolean =>
  line.includes(FOLDER) && !line.slice(line.indexOf(FOLDER) + FOLDER.length).includes("/");

function shownFrame(line: string, titleOf: (run: number) => string): string[] {
  const own = OWN_FRAME.exec(line);
  if (!own) return /node:internal|\(<anonymous>\)/.test(line) || isKernels(line) ? [] : [line];
  const place = `${titleOf(Number(own[1]))}, line ${own[2]}`;
  const called = /^\s+at (?:async )?(.+?) \(/.exec(line)?.[1];
  return [called ? `    at ${called} (${place})` : `    at ${place}`];
}
