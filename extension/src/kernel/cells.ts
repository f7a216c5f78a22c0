// The main thread of a cell process: cells run here. See thread-messages.ts.
import { setTimeout as after } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { display as Display } from "normstream";
import { type MimeBundle, NO_RUN, type Question, type RunOutcome } from "../protocol/kernel-messages.js";
import { CALL_MS } from "../protocol/report-calls.js";
import { cellError } from "./cell-errors.js";
import { createEvaluator } from "./evaluator.js";
import { HOOK } from "./imports-to-calls.js";
import { createInterruption, Interrupted } from "./interruption.js";
import { createKeptResources } from "./kept-resources.js";
import { membersOf, valueAt, variables } from "./live-values.js";
import { createModuleImport } from "./module-import.js";
import { captureOutput } from "./output-capture.js";
import { scriptName } from "./script-names.js";
import { createShownReports } from "./shown-reports.js";
import type { CellMessage, ControlMessage } from "./thread-messages.js";
import { usingScope } from "./using-scope.js";

/** A cell that runs, or ran last. */
interface Run {
  readonly id: number;
  readonly stop: AbortController;
  /** What is shown and not settled yet. */
  readonly held: Set<Promise<unknown>>;
  /** What of it ended with an error. */
  readonly failures: unknown[];
  /** Ends the run, once. */
  readonly end: (outcome: RunOutcome) => void;
}

const control = new Worker(new URL("./control.js", import.meta.url), { execArgv: [] });
const tell = (message: CellMessage): void => control.postMessage(message);

const titles = new Map<number, string>();
const titleOf = (run: number): string => titles.get(run) ?? `Run ${run}`;
let current: Run | null = null;
let outputs = 0;

const output = captureOutput((name, text) => tell({ kind: "stream", run: current?.id ?? NO_RUN, name, text }));
const interruption = createInterruption();
const kept = createKeptResources();
const reports = createShownReports();
const modules = createModuleImport(process.cwd());

Object.defineProperty(globalThis, HOOK, {
  value: Object.freeze({
    ...{ until: interruption.until, each: interruption.each, keep: kept.keep, scope: usingScope, named },
    ...{ import: modules.importNamed, importLater: modules.importLater, meta: modules.meta },
  }),
});

Object.defineProperty(globalThis, Symbol.for("normstream.host"), {
  value: {
    get signal() {
      return current?.stop.signal;
    },
    threads: process.env.NORMSTREAM_THREADS === undefined ? undefined : Number(process.env.NORMSTREAM_THREADS),
    memory: process.env.NORMSTREAM_MEMORY,
    surface: {
      show(bundle: MimeBundle) {
        const place = ++outputs;
        const run = current?.id ?? NO_RUN;
        const put = (state: MimeBundle): void => tell({ kind: "display", run, output: place, bundle: state });
        put(bundle);
        return { update: put };
      },
    },
    progress: (part: number) => tell({ kind: "progress", run: current?.id ?? NO_RUN, part }),
    keepReport: reports.keep,
    hold(work: Promise<unknown>) {
      if (!current) return;
      const { held, failures } = current;
      held.add(work);
      const settle = (): void => void held.delete(work);
      work.then(settle, (error) => {
        failures.push(error);
        settle();
      });
    },
  },
});

/** Gives a function the name that its cell knows it by; V8 has hoisted it under another. */
function named<F>(hoisted: F, name: string): F {
  Object.defineProperty(hoisted, "name", { value: name, configurable: true });
  return hoisted;
}

const evaluator = await createEvaluator();
// Nearly every notebook wants it: it loads while the first cell is on its way.
let normstream: { readonly display: typeof Display } | null = null;
const loading = modules.importLater("normstream").then((loaded) => {
  normstream = loaded as { display: typeof Display };
});
// A run tells what went wrong.
loading.catch(() => {});
Object.defineProperty(globalThis, "display", {
  value: (value: unknown) => normstream?.display(value),
  writable: true,
  configurable: true,
});

async function runCell({ run, script, title }: Extract<ControlMessage, { kind: "run" }>): Promise<void> {
  titles.set(run, title);
  interruption.allow();
  output.begin();
  const own = beginRun(run);
  try {
    await loading;
    if (own.stop.signal.aborted) return own.end("interrupted");
    const evaluation = await evaluator.evaluate(script, scriptName(run));
    if (evaluation.kind === "cut") return await endCut(own, evaluation.reason);
    if (evaluation.kind === "thrown") return fail(own, evaluation.error);
    if (evaluation.value !== undefined) await normstream?.display(evaluation.value);
    while (own.held.size > 0) await Promise.allSettled(own.held);
    if (own.failures.length > 0) return fail(own, own.failures[0]);
    own.end("done");
  } catch (error) {
    fail(own, error);
  }
}

/** How long it may take until the word that it was cut comes after the cut itself. */
const CUT_MS = 20;

async function endCut(run: Run, reason: string): Promise<void> {
  await after(CUT_MS);
  if (run.stop.signal.aborted) run.end("interrupted");
  else fail(run, new Error(`The cell could not be evaluated: ${reason}`));
}

function beginRun(id: number): Run {
  let ended = false;
  const end = (outcome: RunOutcome): void => {
    if (ended) return;
    ended = true;
    output.end();
    tell({ kind: "done", run: id, outcome });
  };
  current = { id, stop: new AbortController(), held: new Set(), failures: [], end };
  return current;
}

/** Ends a run with an error; what it shows stops. */
function fail(run: Run, error: unknown): void {
  const wasStopped = run.stop.signal.aborted && (error instanceof Interrupted || isAborted(error));
  if (!wasStopped) tell({ kind: "error", run: run.id, error: cellError(error, titleOf) });
  run.stop.abort(new Interrupted());
  run.end(wasStopped ? "interrupted" : "failed");
}

const isAborted = (error: unknown): boolean =>
  (error as { kind?: unknown } | null)?.kind === "aborted" || (error as { name?: unknown } | null)?.name === "AbortError";

/** Errors that no `await` of a cell waits for. */
function onStrayError(error: unknown): void {
  if (error instanceof Interrupted) return;
  tell({ kind: "error", run: current?.id ?? NO_RUN, error: cellError(error, titleOf) });
}
process.on("uncaughtException", onStrayError);
process.on("unhandledRejection", onStrayError);

control.on("message", (message: ControlMessage) => {
  switch (message.kind) {
    case "run":
      void runCell(message);
      break;
    case "interrupt":
      if (current?.id !== message.run) return;
      current.stop.abort(new Interrupted());
      interruption.interrupt(message.insist);
      break;
    case "terminated": {
      const run = current;
      if (run?.id === message.run) void after(CUT_MS).then(() => run.end("interrupted"));
      break;
    }
    case "ping":
      tell({ kind: "pong", count: message.count });
      break;
    default:
      void answer(message);
  }
});

async function answer(question: Question): Promise<void> {
  try {
    tell({ kind: "answer", id: question.id, value: await answerOf(question) });
  } catch (error) {
    tell({ kind: "refusal", id: question.id, why: cellError(error, titleOf).message });
  }
}

function answerOf(question: Question): Promise<unknown> {
  switch (question.kind) {
    case "names":
      return question.chain === null ? variables(evaluator) : membersOf(evaluator, question.chain);
    case "value":
      return valueAt(evaluator, question.chain);
    case "report":
      return reports.answer(question, AbortSignal.timeout(CALL_MS));
  }
}

tell({ kind: "up" });
