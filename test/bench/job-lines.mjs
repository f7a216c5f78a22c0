const number = (value, digits) => (value === null ? "–" : value.toFixed(digits));
const milliseconds = (ms) => ms.toFixed(ms < 100 ? 2 : 0);

/** A job's result as lines of text. @param judged whether the bars mean anything at this size */
export function jobLines(result, judged) {
  const rows = [
    ["", "ms", "min – max", "GB/s", ...(result.movedBytesPerValue ? ["moved"] : []), "error"],
    ...result.contenders.map(({ name, ms, payloadGBs, movedGBs, error }) => [
      name,
      milliseconds(ms.median),
      `${milliseconds(ms.min)} – ${milliseconds(ms.max)}`,
      number(payloadGBs, 1),
      ...(result.movedBytesPerValue ? [number(movedGBs, 1)] : []),
      error === null ? "–" : error.toExponential(0),
    ]),
  ];
  const payload = result.payloadBytes ? `; ${(result.payloadBytes / 1e9).toFixed(3)} GB of payload` : "";
  const moved = result.movedBytesPerValue ? `, ${result.movedBytesPerValue} bytes moved a value` : "";
  return [
    "",
    `## ${result.name}`,
    `${result.about}${payload}${moved}`,
    ...aligned(rows),
    ...result.ratios.map((ratio) => `  ${ratioText(ratio)}${barText(ratio, judged)}`),
    ...result.skipped.map((line) => `  skipped: ${line}`),
    ...result.disagreements.map((line) => `  WRONG: ${line}`),
  ];
}

/** Against C as a part of its speed, against others as a multiple; a cost as a multiple. */
export const factorText = ({ to, atMost }, factor) =>
  to.startsWith("C,") && atMost === undefined ? `${(factor * 100).toFixed(0)} %` : `${factor.toFixed(2)} ×`;

function ratioText(ratio) {
  const { of, to, median, min, max, atMost, perByte } = ratio;
  const what = `${atMost === undefined ? "" : "time of "}${to}${perByte ? ", byte by byte" : ""}`;
  return `${of}: ${factorText(ratio, median)} (${factorText(ratio, min)} – ${factorText(ratio, max)}) of ${what}`;
}

function barText(ratio, judged) {
  if (ratio.holds === undefined) return "";
  const bar = ratio.atMost === undefined ? `≥ ${factorText(ratio, ratio.atLeast)}` : `≤ ${factorText(ratio, ratio.atMost)}`;
  return ` · bar ${bar}${judged ? (ratio.holds ? ": holds" : ": MISSED") : ""}`;
}

/** Columns of equal width, the first to the left and the others to the right. */
function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ")}`);
}
