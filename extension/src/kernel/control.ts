// The control thread of a cell process: it talks to the extension while cells keep the main thread busy. See thread-messages.ts.
import { Session } from "node:inspector";
import { parentPort } from "node:worker_threads";
import { type CellSource, type KernelEvent, type KernelRequest, PIPE_FD } from "../protocol/kernel-messages.js";
import { cellError, syntaxError } from "./cell-errors.js";
import { CellSyntaxError } from "./cell-syntax-error.js";
import { openHostPipe } from "./host-pipe.js";
import { createStopper } from "./stopper.js";
import type { CellMessage, ControlMessage } from "./thread-messages.js";
import { transpile } from "./transpile.js";

const cells = parentPort;
if (!cells) throw new Error("control.js is the control thread of cells.js");
const tell = (message: ControlMessage): void => cells.postMessage(message);

const session = new Session();
session.connectToMainThread();
const terminate = (): Promise<void> => new Promise((resolve) => session.post("Runtime.terminateExecution", () => resolve()));

const hasUsing = knowsUsing();
const stopper = createStopper(tell, terminate);
const pipe = openHostPipe(PIPE_FD, (request) => answer(request as KernelRequest), endProcess);
const say = (event: KernelEvent): void => pipe.send(event);

function answer(request: KernelRequest): void {
  switch (request.kind) {
    case "run":
      begin(request.run, request.cell);
      break;
    case "interrupt":
      void stopper.stop();
      break;
    default:
      tell(request);
  }
}

function begin(run: number, cell: CellSource): void {
  try {
    const script = transpile(cell, { hasUsing });
    stopper.begin(run);
    tell({ kind: "run", run, script, title: cell.title });
  } catch (error) {
    const told =
      error instanceof CellSyntaxError ? syntaxError(error, cell.code, cell.title) : cellError(error, () => cell.title);
    say({ kind: "error", run, error: told });
    say({ kind: "done", run, outcome: "failed" });
  }
}

cells.on("message", (message: CellMessage) => {
  switch (message.kind) {
    case "up":
      say({ kind: "ready", node: process.version });
      break;
    case "pong":
      stopper.pong(message.count);
      break;
    case "done":
      stopper.end(message.run);
      say(message);
      break;
    default:
      say(message);
  }
});

/** Without the extension nobody sees what runs: the process ends, also where its main thread is busy for ever. */
function endProcess(): void {
  process.kill(process.pid, "SIGKILL");
}

function knowsUsing(): boolean {
  try {
    new Function("{ using x = null; }");
    return true;
  } catch {
    return false;
  }
}
