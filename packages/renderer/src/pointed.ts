import type { PlotArea } from "@normstream/report/charts";
import { REPORT_NORMS, type ReportNorm } from "@normstream/report/payload";
import type { Selection } from "./store.js";

/** What the marks of a chart name: the nearest element under the pointer with `data-…` attributes says it. */
export function pointedPart(target: EventTarget | null): Partial<Selection> | null {
  const element = target instanceof Element ? target.closest(SELECTOR) : null;
  if (!element) return null;
  const whole = (name: string): number | null => {
    const text = element.getAttribute(name);
    const value = text === null ? Number.NaN : Number(text);
    return Number.isSafeInteger(value) && value >= 0 ? value : null;
  };
  const channel = whole("data-channel");
  const instance = whole("data-instance");
  const batchSize = whole("data-batch-size");
  const norm = REPORT_NORMS.find((name: ReportNorm) => name === element.getAttribute("data-norm"));
  const part = {
    ...(norm && { norm }),
    ...(channel !== null && { channel }),
    ...(instance !== null && { instance }),
    ...(batchSize && { batchSize }),
  };
  return Object.keys(part).length > 0 ? part : null;
}

const SELECTOR = "[data-norm],[data-channel],[data-instance],[data-batch-size]";

/** Whether a place of the chart lies in its plot. */
export const isInside = ({ left, right, top, bottom }: PlotArea, x: number, y: number): boolean =>
  x >= left && x <= right && y >= top && y <= bottom;
