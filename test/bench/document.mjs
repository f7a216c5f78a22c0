// Makes docs/performance.md and its picture of a report of the full size:
//   npm run bench -- --json REPORT.json && node test/bench/document.mjs REPORT.json [FOLDER]
// FOLDER stands for docs/.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chartOf, figure, groupsOf, milliseconds } from "./chart.mjs";
import { factorText } from "./job-lines.mjs";

const DOCS = fileURLToPath(new URL("../../docs", import.meta.url));

/** docs/performance.md: what a report says, for people. */
export function documentOf(report) {
  return `${[
    introduction(report),
    barsOf(report),
    ...[...groupsOf(report.jobs)].flatMap(([group, jobs]) => [`## ${group}`, ...jobs.map(jobText)]),
    missingText(report),
  ].join("\n\n")}\n`;
}

function introduction({ machine, rounds, size, date }) {
  const versions = Object.entries(machine.versions).map(([name, version]) => `| ${name} | ${version} |`);
  return [
    "# Performance",
    "Made by `test/bench/document.mjs` of what `npm run bench` measured; [test/bench/README.md](../test/bench/README.md) says what is compared, and what makes it fair, [limits.md](limits.md) what holds back what misses a bar.",
    ...(size === "full" ? [] : [`**Size ${size}: the figures mean nothing.**`]),
    "![Speed of other programs beside Normstream, job by job](pictures/performance.svg)",
    [
      "| | |",
      "|---|---|",
      `| day | ${date} |`,
      `| processor | ${machine.cpu}, ${machine.cores} cores |`,
      `| memory | ${machine.memoryGB} GB |`,
      `| system | ${machine.os} |`,
      ...versions,
    ].join("\n"),
    `Each time is the median of ${rounds} rounds or more, with its range; all programs run once in each round, in turn. Ratios are taken within a round. GB/s are bytes of the input a second. The error is the largest of an answer beside one in float64 with compensated sums: of means and variances relative to |mean| + std and to the variance, of normalized values and gradients relative to max(1, |y|).`,
  ].join("\n\n");
}

/** Each bar, and whether it is met. */
function barsOf({ jobs }) {
  const bars = jobs.flatMap(({ name, ratios }) =>
    ratios.filter(({ holds }) => holds !== undefined).map((ratio) => ({ name, ...ratio })),
  );
  if (bars.length === 0) return "## Bars\n\nNone: what they compare with is missing here.";
  const rows = bars.map(
    (bar) => `| ${bar.name} | ${sidesOf(bar)} | ${measured(bar)} | ${barText(bar)} | ${bar.holds ? "met" : "**missed**"} |`,
  );
  const met = bars.filter(({ holds }) => holds).length;
  return [
    "## Bars",
    `${met} of ${bars.length} are met. A ratio says how many times as fast the first is as the second, or with ≤ how many times as long it takes.`,
    ["| job | ratio | measured | bar | |", "|---|---|---:|---:|---|", ...rows].join("\n"),
  ].join("\n\n");
}

function jobText({ name, about, contenders, ratios, disagreements, skipped }) {
  const rows = contenders.map(
    ({ name, ms, payloadGBs, speed, error }) =>
      `| ${name} | ${milliseconds(ms.median)} | ${figure(ms.min)} – ${figure(ms.max)} | ${payloadGBs === null ? "–" : figure(payloadGBs)} | ${speed === null ? "–" : `${figure(speed.median)} ×`} | ${error === null ? "–" : error.toExponential(0)} |`,
  );
  return [
    `### ${capital(name)}`,
    `${capital(about)}.`,
    ...(rows.length === 0
      ? []
      : [["| | median | range, ms | GB/s | speed beside ours | error |", "|---|---:|---:|---:|---:|---:|", ...rows].join("\n")]),
    ...(ratios.length === 0
      ? []
      : [ratios.map((ratio) => `- ${sidesOf(ratio)}: ${measured(ratio)}${verdict(ratio)}`).join("\n")]),
    ...disagreements.map((line) => `**Wrong:** ${line}`),
    ...skipped.map((line) => `Skipped: ${line}.`),
  ].join("\n\n");
}

const sidesOf = ({ of, to, atMost, perByte }) =>
  `${atMost === undefined ? "" : `time${perByte ? " per byte" : ""} of `}${of} : ${to}`;

const measured = (ratio) =>
  `${factorText(ratio, ratio.median)} (${factorText(ratio, ratio.min)} – ${factorText(ratio, ratio.max)})`;

const barText = (ratio) =>
  ratio.atMost === undefined ? `≥ ${factorText(ratio, ratio.atLeast)}` : `≤ ${factorText(ratio, ratio.atMost)}`;

const verdict = (ratio) => (ratio.holds === undefined ? "" : `, bar ${barText(ratio)}: ${ratio.holds ? "met" : "**missed**"}`);

const capital = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;

function missingText({ missing, broken }) {
  const lines = [...missing, ...broken.map((line) => `**broken:** ${line}`)];
  return `## Missing\n\n${lines.length === 0 ? "Nothing: every program was there." : lines.map((line) => `- ${line}`).join("\n")}`;
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) {
  const [path, folder = DOCS] = argv.slice(2);
  const report = JSON.parse(readFileSync(path, "utf8"));
  mkdirSync(join(folder, "pictures"), { recursive: true });
  writeFileSync(join(folder, "performance.md"), documentOf(report));
  writeFileSync(join(folder, "pictures", "performance.svg"), chartOf(report));
}
