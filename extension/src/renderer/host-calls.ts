import type { ReportSource } from "@normstream/renderer";
import { detailCodecs } from "@normstream/report/payload";
import { type Remote, wrap } from "comlink";
import type { RendererContext } from "vscode-notebook-renderer";
import { CALL_MS, isRendererMessage, type ReportCalls } from "../protocol/report-calls.js";

/** Asks the extension, where VS Code lets the view talk to it. */
export interface HostCalls {
  /** What can be asked about one report. */
  sourceOf(report: () => string): ReportSource;
}

const NOBODY = "Nobody can be asked here for more than the report holds.";
const NO_ANSWER = "The kernel did not answer: a cell may keep it busy.";

export function createHostCalls(context: RendererContext<unknown>): HostCalls {
  const remote = remoteOf(context);
  const ask = async <T>(answer: (calls: Remote<ReportCalls>) => Promise<unknown>, read: (json: unknown) => T): Promise<T> => {
    if (!remote) throw new Error(NOBODY);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(NO_ANSWER)), CALL_MS);
    });
    try {
      return read(await Promise.race([answer(remote), late]));
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    sourceOf: (report) => ({
      tiles: (samples, channels) => ask((calls) => calls.tiles(report(), samples, channels), detailCodecs.tiles.decode),
      histogram: (channel) => ask((calls) => calls.histogram(report(), channel), detailCodecs.histogram.decode),
      values: (sample, channel) => ask((calls) => calls.values(report(), sample, channel), detailCodecs.values.decode),
    }),
  };
}

function remoteOf({ postMessage, onDidReceiveMessage }: RendererContext<unknown>): Remote<ReportCalls> | null {
  if (!postMessage || !onDidReceiveMessage) return null;
  const listeners = new Set<(event: { data: unknown }) => void>();
  onDidReceiveMessage((message: unknown) => {
    if (isRendererMessage(message)) for (const listener of [...listeners]) listener({ data: message.message });
  });
  return wrap<ReportCalls>({
    postMessage: (message: unknown) => postMessage({ normstream: 1, message }),
    addEventListener: (_: string, listener: unknown) => void listeners.add(listener as (event: { data: unknown }) => void),
    removeEventListener: (_: string, listener: unknown) => void listeners.delete(listener as (event: { data: unknown }) => void),
  });
}
