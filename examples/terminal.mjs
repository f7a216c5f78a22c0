// What the demos print with: headings, aligned tables and checks, in 80 columns; colours on a terminal only.
const colours = process.stdout.isTTY === true && !process.env.NO_COLOR;
const paint = (code) => (text) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);

export const bold = paint(1);
export const dim = paint(2);
const green = paint(32);
const red = paint(31);

export const say = (text = "") => console.log(text);

let headings = 0;
export const heading = (text) => say(`\n${bold(`${++headings}. ${text}`)}`);

/**
 * Prints rows under a head, each column as wide as its widest cell: the first flush left, the others right.
 * @param rows arrays of text, the head first
 */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("   ");
  rows.forEach((row, i) => {
    say(`   ${i === 0 ? dim(line(row)) : line(row)}`);
  });
}

let passed = 0;
let failed = 0;

/** Says whether something holds, and remembers it for `summary`. */
export function check(holds, text) {
  if (holds) passed++;
  else failed++;
  say(`   ${holds ? green("ok") : red("FAILED")}  ${text}`);
}

/** One line on all checks so far; the process ends with exit code 1 if one failed. */
export function summary() {
  if (failed > 0) process.exitCode = 1;
  return failed === 0 ? green(`Checks: ${passed} passed, 0 failed.`) : red(`Checks: ${passed} passed, ${failed} FAILED.`);
}
