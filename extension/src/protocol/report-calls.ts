// What the view of a report asks the extension for, by Comlink over the messages of VS Code's notebook renderers. They are JSON: answers
// are small, and arrays in them base64.

/** Calls of the view. Each rejects with a sentence for the reader. Answers are JSON of `detailCodecs`. */
export interface ReportCalls {
  /** @param report the report's id */
  tiles(report: string, samples: readonly number[], channels: readonly number[]): Promise<unknown>;
  histogram(report: string, channel: number): Promise<unknown>;
  values(report: string, sample: number, channel: number): Promise<unknown>;
}

export type ReportCall = keyof ReportCalls;
export const REPORT_CALLS: readonly ReportCall[] = ["tiles", "histogram", "values"];

/** An envelope around Comlink's messages, so that no other extension's are taken for ours. */
export interface RendererMessage {
  readonly normstream: 1;
  readonly message: unknown;
}

export const isRendererMessage = (value: unknown): value is RendererMessage =>
  typeof value === "object" && value !== null && (value as Partial<RendererMessage>).normstream === 1;

/** How long the view waits for an answer. */
export const CALL_MS = 20_000;
