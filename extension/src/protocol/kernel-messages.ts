// What the extension and a cell process say to each other: one JSON text a line, over a pipe of their own, so that nothing that a
// cell prints can be taken for a message.

import type { ReportCall } from "./report-calls.js";

/** Data by media type, as Jupyter has it: JSON types hold JSON, images base64, all others text. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** A cell's text, and what it is called in errors. */
export interface CellSource {
  readonly code: string;
  readonly language: "typescript" | "javascript";
  /** "Cell 3" */
  readonly title: string;
}

/** An error as a notebook shows it. */
export interface CellError {
  readonly name: string;
  readonly message: string;
  /** With the cell's own lines; empty where the message says all. */
  readonly stack: string;
}

/** Of the extension to the process. */
export type KernelRequest =
  | { readonly kind: "run"; readonly run: number; readonly cell: CellSource }
  /** Stops what runs; the answer is the run's `done`. */
  | { readonly kind: "interrupt" }
  | Question;

/** What is asked beside the cells that run; each gets one answer. Where a cell keeps the process busy it comes late, or never. */
export type Question =
  /** Names of the members of a chain such as `a.b`; of all variables where it is null. Answer: `LiveName[]` */
  | { readonly kind: "names"; readonly id: number; readonly chain: string | null }
  /** What a chain such as `a.b` stands for. Answer: `LiveValue`, or null where nothing is known. */
  | { readonly kind: "value"; readonly id: number; readonly chain: string }
  /** More of a report that this process has shown. Answer: JSON of `detailCodecs` */
  | {
      readonly kind: "report";
      readonly id: number;
      readonly call: ReportCall;
      readonly report: string;
      readonly parameters: readonly unknown[];
    };

/** A question without its number. */
export type Asked = Question extends infer Q ? (Q extends Question ? Omit<Q, "id"> : never) : never;

/** How a run ended. */
export type RunOutcome = "done" | "failed" | "interrupted";

/** Of the process to the extension. */
export type KernelEvent =
  /** Once, when cells can run. */
  { readonly kind: "ready"; readonly node: string } | CellEvent;

/** What cells do, and what is answered for them. */
export type CellEvent =
  | { readonly kind: "stream"; readonly run: number; readonly name: "stdout" | "stderr"; readonly text: string }
  /** An output of a run; the same number again takes the place of what it was. */
  | { readonly kind: "display"; readonly run: number; readonly output: number; readonly bundle: MimeBundle }
  /** Part of the data that the run has read, 0 to 1. */
  | { readonly kind: "progress"; readonly run: number; readonly part: number }
  | { readonly kind: "error"; readonly run: number; readonly error: CellError }
  | { readonly kind: "done"; readonly run: number; readonly outcome: RunOutcome }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  /** The question has no answer, and why. */
  | { readonly kind: "refusal"; readonly id: number; readonly why: string };

/** Run number of what belongs to no cell. */
export const NO_RUN = 0;

/** Descriptor of the pipe, in the process. */
export const PIPE_FD = 3;
