import { REPORT_CALLS } from "../protocol/report-calls.js";

/** A call as Comlink writes it. */
export interface CallMessage {
  readonly id: string;
  readonly type: "APPLY";
  readonly path: readonly [string];
  readonly argumentList: readonly { readonly type: "RAW"; readonly value: unknown }[];
}

const MOST_NUMBERS = 64;
const MOST_ID = 128;

/**
 * Reads a message of Comlink's as one of our calls; null for all else. Comlink would walk any path of any object and call what it finds
 * there: nothing reaches it that is not built here anew.
 */
export function readCall(message: unknown): CallMessage | null {
  const { id, type, path, argumentList } = (message ?? {}) as Partial<Record<keyof CallMessage, unknown>>;
  if (typeof id !== "string" || id.length > MOST_ID || type !== "APPLY") return null;
  if (!Array.isArray(path) || path.length !== 1 || !REPORT_CALLS.includes(path[0])) return null;
  if (!Array.isArray(argumentList) || argumentList.length < 2 || argumentList.length > 3) return null;
  const [report, ...rest] = argumentList.map((each) => (each as { type?: unknown; value?: unknown } | null) ?? {});
  if (report?.type !== "RAW" || typeof report.value !== "string" || report.value.length > MOST_ID) return null;
  const read = rest.map(({ type: kind, value }) => (kind === "RAW" ? numeric(value) : null));
  if (read.some((value) => value === null)) return null;
  const values = [report.value, ...read];
  return { id, type, path: [path[0]], argumentList: values.map((value) => ({ type: "RAW", value })) };
}

/** A number, or a short list of them. */
function numeric(value: unknown): number | readonly number[] | null {
  if (typeof value === "number") return value;
  const isList = Array.isArray(value) && value.length <= MOST_NUMBERS && value.every((each) => typeof each === "number");
  return isList ? [...value] : null;
}
