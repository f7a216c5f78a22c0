import { bundleOf, type Report, type ReportBundle } from "@normstream/report";

/**
 * A report as the data of a notebook's output, by media type: what a viewer that knows reports draws, a picture with plain tables for
 * everything else, and text. Give it to a kernel's `display` as it is.
 * @returns plain JSON: the report at most 256 KiB, `text/html` at most 96 KiB, `text/plain` at most 4 KiB
 */
export async function reportBundle(report: Report): Promise<ReportBundle> {
  const { rasterizer } = await import("./pictures.js");
  return bundleOf(report, await rasterizer());
}
