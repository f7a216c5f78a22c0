import type { CellEvent, Question } from "../protocol/kernel-messages.js";

// The cell process has two threads: cells run on the main one, and a control thread talks to the extension, so that it can be
// answered, and stopped, while a cell keeps the main thread busy.

/** Of the control thread to the cells' thread. */
export type ControlMessage =
  | { readonly kind: "run"; readonly run: number; readonly script: string; readonly title: string }
  /** Ask once more, and let nothing wait any longer: with `insist`. */
  | { readonly kind: "interrupt"; readonly run: number; readonly insist: boolean }
  /** What ran has been cut off, and will never come back to say so. */
  | { readonly kind: "terminated"; readonly run: number }
  | { readonly kind: "ping"; readonly count: number }
  | Question;

/** Of the cells' thread to the control thread. */
export type CellMessage = { readonly kind: "up" } | { readonly kind: "pong"; readonly count: number } | CellEvent;
