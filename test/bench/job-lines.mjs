const number = (value, digits) => (value === null ? "–" : value.toFixed(digits));
const milliseconds = (ms) => ms.toFixed(ms < 100 ? 2 : 0);

/** A job's result as lines of text. @param judged whether the bars mean anything at this size */
export function jobLines(result, judged) {
  const rows = [
    ["", "ms", "min – max", "GB/s", ...(result.movedBytesPerValue ? ["moved"] : [])],
    ...result.contenders.map(({ name, ms, payloadGBs, movedGBs }) => [
      name,
      milliseconds(ms.median),
      `${milliseconds(ms.min)} – ${milliseconds(ms.max)}`,
      number(payloadGBs, 1),
      ...(result.movedBytesPerValue ? [number(movedGBs, 1)] : []),
    ]),
  ];
  const payload = result.payloadBytes ? `; ${(result.payloadBytes / 1e9).toFixed(3)} GB of payload` : "";
  const moved = result.movedBytesPerValue ? `, ${result.movedBytesPerValue} bytes moved a value` : "";
  return [
    "",
    `## ${result.name}`,
    `${result.about}${payload}${moved}`,
    ...aligned(rows),
    ...result.ratios.map(
      (ratio) => `  ${ratioText(ratio)}${bar(ratio, ratio.atLeast && `≥ ${speed(ratio, ratio.atLeast)}`, judged)}`,
    ),
    ...result.limits.map((limit) => `  ${limit.of}${bar(limit, `≤ ${limit.atMostMs} ms`, judged)}`),
    ...result.disagreements.map((line) => `  WRONG: ${line}`),
  ];
}

/** Against C as a part of its speed, against others as a multiple. */
const speed = ({ to }, factor) => (to.startsWith("C") ? `${(factor * 100).toFixed(0)} %` : `${factor.toFixed(2)} ×`);

function ratioText(ratio) {
  const { of, to, median, min, max } = ratio;
  return `${of}: ${speed(ratio, median)} (${speed(ratio, min)} – ${speed(ratio, max)}) of ${to}`;
}

function bar({ holds }, text, judged) {
  if (holds === undefined) return "";
  return ` · bar ${text}${judged ? (holds ? ": holds" : ": MISSED") : ""}`;
}

/** Columns of equal width, the first to the left and the others to the right. */
function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ")}`);
}
