import type { ReportDetails } from "@normstream/report";
import { detailCodecs } from "@normstream/report/payload";
import type { Question } from "../protocol/kernel-messages.js";

/** Reports that can be asked about: the last ones that were shown. */
const MOST_REPORTS = 64;

/** The reports that this process has shown, while their data are at hand. */
export interface ShownReports {
  keep(id: string, details: unknown): void;
  /** @throws Error of one line: not one of its reports, or what reading says */
  answer(question: Extract<Question, { kind: "report" }>, signal: AbortSignal): Promise<object>;
}

export function createShownReports(): ShownReports {
  const reports = new Map<string, ReportDetails>();
  return {
    keep(id, details) {
      reports.delete(id);
      reports.set(id, details as ReportDetails);
      for (const oldest of reports.keys()) {
        if (reports.size <= MOST_REPORTS) break;
        reports.delete(oldest);
      }
    },
    async answer({ report, call, parameters }, signal) {
      const details = reports.get(report);
      if (!details) throw new Error("The kernel that made this report has ended: run the cell again to look further.");
      const [first, second] = parameters;
      switch (call) {
        case "tiles":
          return detailCodecs.tiles.encode(await details.tiles(numbers(first), numbers(second), signal));
        case "histogram":
          return detailCodecs.histogram.encode(await details.histogram(Number(first), signal));
        case "values":
          return detailCodecs.values.encode(await details.values(Number(first), Number(second), signal));
      }
    },
  };
}

const numbers = (value: unknown): readonly number[] => (Array.isArray(value) ? value.map(Number) : []);
