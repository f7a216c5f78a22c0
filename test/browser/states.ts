import { decodeReport, encodeReport, type Report } from "@normstream/report";
import { liveReports, reportOf, WAVES, wideReport } from "./reports.js";

/** Reports that a view has to show as well as that of ordinary images, by what is special about them. */
export const STATES: Readonly<Record<string, () => Promise<string>>> = {
  "64-channels": () => wideReport(64),
  "4096-channels": () => wideReport(4096),
  ghosts: () => reportOf("Today's images", WAVES(0.4), { ...WAVES(0.7), shape: [120, 8, 6, 6] }),
  table: () =>
    reportOf("Five columns", {
      shape: [300, 5],
      layout: "NC",
      value: (n, c) => 10 * c + Math.sin(n * 12.9898 + c * 78.233) * 3 * (c + 1),
    }),
  "one-sample": () =>
    reportOf("One image", { shape: [1, 3, 16, 16], layout: "NCHW", value: (_, c, i) => c + Math.sin(i * 0.37 + c) }),
  constant: () => reportOf("Nothing but threes", { shape: [60, 4, 6, 6], layout: "NCHW", value: () => 3 }),
  "not-finite": () =>
    reportOf("Broken sensors", {
      ...WAVES(0.3),
      value: (n, c, i) => (c === 2 && i % 5 === 0 && n % 3 === 0 ? Number.NaN : c === 5 ? Number.NaN : WAVES(0.3).value(n, c, i)),
    }),
  running: async () => (await liveReports([240]))[0] as string,
  "long-names": async () =>
    changed(await reportOf("images", WAVES(0.4)), (report) => ({
      ...report,
      title: `${"a/very/long/path/".repeat(9)}images.npy`,
      lineage: { ...report.lineage, input: `${"a/very/long/path/".repeat(20)}images.npy` },
    })),
  "no-samples": async () =>
    changed(await reportOf("Empty", WAVES(0.4)), (report) => ({
      ...report,
      tensor: { ...report.tensor, samples: 0, shape: [0, 8, 6, 6] },
      verdict: null,
    })),
  "unequal-planes": async () =>
    changed(await reportOf("Images of all sizes", WAVES(0.4)), (report) => ({
      ...report,
      tensor: { ...report.tensor, planeSize: 0, planeShape: [0, 0] },
    })),
};

function changed(encoded: string, change: (report: Report) => Report): string {
  return JSON.stringify(encodeReport(change(decodeReport(encoded))));
}
