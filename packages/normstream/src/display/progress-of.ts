import type { Report } from "@normstream/report";
import { isStatisticsEvent } from "./statistics-form.js";

/** How far the run has come that a state tells of, 0 to 1; null where it tells of none. */
export function progressOf(state: unknown): number | null {
  if (isStatisticsEvent(state)) {
    if (state.kind === "done") return 1;
    const { bytes, totalBytes } = state.progress;
    return totalBytes === 0 ? 1 : bytes / totalBytes;
  }
  const fraction = (state as Partial<Report> | null)?.progress?.fraction;
  return typeof fraction === "number" ? fraction : null;
}
