import { type Advice, type Measurement, REPORT_NORMS } from "@normstream/report";
import { formatShape } from "@normstream/tensor";
import { formatBytes, formatNumber } from "./quantities.js";
import { factLines, textTable } from "./text-table.js";

/** Advice for a terminal: the verdict, why, and the figures. */
export function adviceText({ statistics: { facts, digest } }: Measurement, { verdict, memory, noise, gap }: Advice): string {
  const { input, shape, dtype, layout } = facts;
  const head = `${input}: ${formatShape(shape)} ${dtype}, ${layout}\n`;
  const said = [
    `${verdict.headline}  (${verdict.certainty})`,
    ...verdict.reasons.map((reason) => `  ${reason}`),
    `  ${verdict.caution}`,
  ];
  const sections = [head, `${said.join("\n")}\n`];
  if (noise) {
    const shown = noise.batchSizes.flatMap((batchSize, i) => (batchSize > 1 && batchSize <= 1024 ? [i] : []));
    const at = (points: readonly { batchSize: number; j: number }[], batchSize: number) => {
      const found = points.find((point) => point.batchSize === batchSize);
      return found ? rounded(found.j) : "";
    };
    const rows = shown.map((i) => {
      const batchSize = noise.batchSizes[i] as number;
      const theory = [noise.median[i], noise.p10[i], noise.p90[i]].map((j) => rounded(j as number));
      return [String(batchSize), ...theory, at(noise.simulated, batchSize), at(noise.consecutive, batchSize)];
    });
    if (rows.length > 0) sections.push(textTable(["batch size", "J", "10 %", "90 %", "drawn", "in order"], rows));
  }
  if (gap) {
    const marks = [1, 10, 100, 1000].flatMap((k) => {
      const point = gap.points[gap.batches.findIndex((batches) => batches >= k)];
      return point ? [[String(k), ...[point.total, point.mean, point.scale].map(rounded)]] : [];
    });
    if (marks.length > 0) sections.push(textTable(["batches", "gap G", "of means", "of scales"], marks));
  }
  const bytes = (of: typeof memory.saved) => REPORT_NORMS.map((norm) => formatBytes(of[norm]));
  const memoryRows = [
    ["saved for backward", ...bytes(memory.saved)],
    ["lasting", ...bytes(memory.lasting)],
    ["before the first output", ...bytes(memory.beforeFirstOutput)],
  ];
  sections.push(
    textTable(["memory", ...REPORT_NORMS.map((norm) => (norm === "group" ? `group (${memory.groups})` : norm))], memoryRows, 1),
  );
  sections.push(factLines([["digest", digest]]));
  return sections.join("\n");
}

const rounded = (value: number): string => formatNumber(Number(value.toPrecision(3)));
