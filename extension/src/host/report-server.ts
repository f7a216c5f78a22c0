import { expose } from "comlink";
import { type Disposable, type NotebookEditor, notebooks } from "vscode";
import { CALL_MS, isRendererMessage, type RendererMessage, type ReportCalls } from "../protocol/report-calls.js";
import type { Kernels } from "./kernels.js";
import { readCall } from "./report-call-check.js";

const RENDERER_ID = "normstream-report";

/**
 * Answers the views of reports, each from the kernel of its own notebook. Who asks is not trusted: an output can hold a script, and so
 * only three calls are let through, with numbers for arguments, and a kernel knows none but the reports that it has made itself.
 */
export function registerReportServer(kernels: Kernels): Disposable {
  const messaging = notebooks.createRendererMessaging(RENDERER_ID);
  const ports = new WeakMap<NotebookEditor, (message: unknown) => void>();
  const portOf = (editor: NotebookEditor): ((message: unknown) => void) => {
    const known = ports.get(editor);
    if (known) return known;
    let take: (event: { data: unknown }) => void = () => {};
    const send = (message: RendererMessage): void => void messaging.postMessage(message, editor);
    expose(callsOf(editor, kernels), {
      postMessage: (message: unknown) => send({ normstream: 1, message }),
      addEventListener: (_: string, listener: unknown) => {
        take = listener as typeof take;
      },
      removeEventListener: () => {},
    });
    const port = (message: unknown): void => take({ data: message });
    ports.set(editor, port);
    return port;
  };
  return messaging.onDidReceiveMessage(({ editor, message }) => {
    const call = isRendererMessage(message) ? readCall(message.message) : null;
    if (call) portOf(editor)(call);
  });
}

function callsOf(editor: NotebookEditor, kernels: Kernels): ReportCalls {
  const ask = async (call: keyof ReportCalls, report: string, parameters: readonly unknown[]): Promise<unknown> => {
    const kernel = kernels.known(editor.notebook);
    if (!kernel?.pid) throw new Error("No kernel runs that has the data of this report: run its cell again to look further.");
    return await kernel.ask({ kind: "report", call, report, parameters }, CALL_MS);
  };
  return {
    tiles: (report, samples, channels) => ask("tiles", report, [samples, channels]),
    histogram: (report, channel) => ask("histogram", report, [channel]),
    values: (report, sample, channel) => ask("values", report, [sample, channel]),
  };
}
