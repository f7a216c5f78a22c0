// The picture of a report: each program's speed in each job as a part of Normstream's, with the range of the rounds.
import { PROGRAMS, rivalsOf } from "./programs.mjs";

const WIDTH = 1110;
const PLOT = { left: 300, right: 740 };
const COLUMNS = { speed: 860, c: 922, best: 1090 };
const TOP = 132;
const ROW = 24;
const HEADING = 38;
const TICKS = [1 / 1000, 1 / 300, 1 / 100, 1 / 30, 1 / 10, 1 / 3, 1, 3, 10, 30];

const STYLE = `
    text { font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; font-size: 13px; fill: var(--ink); }
    svg { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --band: #f6f8fa; ${colours("light")} }
    @media (prefers-color-scheme: dark) {
      svg { --paper: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --line: #3d444d; --band: #151b23; ${colours("dark")} }
    }
    .title { font-size: 20px; font-weight: 600; }
    .heading { font-weight: 600; }
    .soft { fill: var(--soft); font-size: 12px; }
    .end { text-anchor: end; }
    .middle { text-anchor: middle; }
    .number { font-variant-numeric: tabular-nums; }
    .paper { fill: var(--paper); }
    .band { fill: var(--band); }
    .grid { stroke: var(--line); }
    .one { stroke: var(--p0); stroke-width: 1.5; }
    .range { stroke-width: 2; stroke-linecap: round; opacity: 0.45; }
    .mark { stroke-width: 2; stroke-linecap: round; }
  `;

function colours(theme) {
  return PROGRAMS.map((program, i) => `--p${i}: ${program[theme]};`).join(" ");
}

/** A report as an SVG picture, for light and dark; only the jobs in which Normstream has a rival. */
export function chartOf(report) {
  const jobs = report.jobs.flatMap((job) => {
    const rivals = rivalsOf(job);
    return rivals.length === 0 ? [] : [{ ...job, rivals }];
  });
  const groups = groupsOf(jobs);
  const x = scaleOf(jobs);
  let y = TOP;
  const bands = [];
  const rows = [];
  for (const [group, members] of groups) {
    rows.push(`<text class="heading" x="18" y="${y + HEADING - 12}">${escaped(group)}</text>`);
    y += HEADING;
    for (const [i, job] of members.entries()) {
      if (i % 2 === 0) bands.push(`<rect class="band" x="10" y="${y}" width="${WIDTH - 20}" height="${ROW}" rx="4"/>`);
      rows.push(rowOf(job, y + ROW / 2, x));
      y += ROW;
    }
  }
  const bottom = y + 10;
  const height = bottom + 64;
  const drawn = PROGRAMS.filter((program) => jobs.some(({ rivals }) => rivals.some((rival) => rival.program === program)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc">
  <title id="title">How fast Normstream is beside other programs</title>
  <desc id="desc">${escaped(describe(jobs))}</desc>
  <style>${STYLE}</style>
  <rect class="paper" width="${WIDTH}" height="${height}"/>
  <text class="title" x="18" y="36">How fast Normstream is beside other programs</text>
  <text class="soft" x="18" y="58">${escaped(captionOf(report))}</text>
  ${legend(drawn)}
  ${bands.join("\n  ")}
  ${axis(x, bottom)}
  ${rows.join("\n  ")}
  <text class="soft" x="18" y="${height - 16}">Each program in the fastest of its ways that does the same work. Marks are medians of ratios taken within a round, lines their range.</text>
</svg>
`;
}

/** Jobs by group, in the order of the report. */
export function groupsOf(jobs) {
  const groups = new Map();
  for (const job of jobs) groups.set(job.group, [...(groups.get(job.group) ?? []), job]);
  return groups;
}

const captionOf = ({ machine, rounds, size }) =>
  [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB`,
    `${rounds} rounds`,
    ...(size === "full" ? [] : [`size ${size}: the figures mean nothing`]),
  ].join(" · ");

/** A logarithmic axis over all ranges that are drawn, from a tick to a tick. */
function scaleOf(jobs) {
  const speeds = jobs.flatMap(({ rivals }) => rivals.flatMap(({ speed }) => [speed.min, speed.max]));
  const low = TICKS.findLast((tick) => tick <= Math.min(1 / 3, ...speeds)) ?? TICKS[0];
  const high = TICKS.find((tick) => tick >= Math.max(3, ...speeds)) ?? TICKS.at(-1);
  const along = (speed) => (Math.log(Math.min(high, Math.max(low, speed))) - Math.log(low)) / (Math.log(high) - Math.log(low));
  const x = (speed) => round(PLOT.left + along(speed) * (PLOT.right - PLOT.left));
  return Object.assign(x, { ticks: TICKS.filter((tick) => tick >= low && tick <= high) });
}

function axis(x, bottom) {
  const lines = x.ticks.map((tick) => {
    const at = x(tick);
    return `<line class="${tick === 1 ? "one" : "grid"}" x1="${at}" x2="${at}" y1="${TOP + 4}" y2="${bottom}"/><text class="soft middle number" x="${at}" y="${TOP - 4}">${tickText(tick)}</text><text class="soft middle number" x="${at}" y="${bottom + 16}">${tickText(tick)}</text>`;
  });
  const one = x(1);
  const words = [
    `<text class="soft end" x="${one - 10}" y="${TOP - 22}">← slower than Normstream</text>`,
    `<text class="soft" x="${one + 10}" y="${TOP - 22}">faster →</text>`,
    `<text class="soft end" x="${COLUMNS.speed}" y="${TOP - 4}">Normstream</text>`,
    `<text class="soft end" x="${COLUMNS.c}" y="${TOP - 4}">of C</text>`,
    `<text class="soft end" x="${COLUMNS.best}" y="${TOP - 4}">of the next best</text>`,
  ];
  return [...lines, ...words].join("\n  ");
}

const tickText = (tick) => (tick < 1 ? `1/${Math.round(1 / tick)}` : `${tick} ×`);

function legend(programs) {
  let at = 18;
  const items = programs.map((program) => {
    const i = PROGRAMS.indexOf(program);
    const item = `${markOf(program.mark, i, at + 6, 84)}<text x="${at + 18}" y="88.5">${escaped(program.name)}</text>`;
    at += 44 + program.name.length * 7.2;
    return item;
  });
  return items.join("");
}

function rowOf({ name, rivals }, y, x) {
  const [own, ...others] = rivals;
  const c = others.find(({ program }) => program.name === "C");
  const best = others
    .filter(({ program }) => program.name !== "C")
    .reduce((first, each) => (first && first.speed.median >= each.speed.median ? first : each), undefined);
  const cells = [
    [COLUMNS.speed, own.payloadGBs === null ? milliseconds(own.ms.median) : `${figure(own.payloadGBs)} GB/s`],
    [COLUMNS.c, c ? `${figure(100 / c.speed.median)} %` : ""],
    [COLUMNS.best, best ? `${figure(1 / best.speed.median)} × ${best.program.name}` : ""],
  ].map(([at, text]) => (text === "" ? "" : `<text class="number end" x="${at}" y="${y + 4.5}">${escaped(text)}</text>`));
  return `<g><text x="26" y="${y + 4.5}">${escaped(name)}</text>${others.map((rival) => rivalMark(rival, y, x)).join("")}${rivalMark(own, y, x)}${cells.join("")}</g>`;
}

function rivalMark({ name, program, speed, ms }, y, x) {
  const i = PROGRAMS.indexOf(program);
  const words = `${name}: ${figure(speed.median)} × as fast as Normstream (${figure(speed.min)} to ${figure(speed.max)}), ${milliseconds(ms.median)}`;
  const range = `<line class="range" stroke="var(--p${i})" x1="${x(speed.min)}" x2="${x(speed.max)}" y1="${y}" y2="${y}"/>`;
  return `<g><title>${escaped(i === 0 ? `${name}: ${milliseconds(ms.median)}` : words)}</title>${i === 0 ? "" : range}${markOf(program.mark, i, x(speed.median), y)}</g>`;
}

/** A mark at a point: filled, or a ring, or strokes. */
function markOf(mark, i, x, y) {
  const colour = `var(--p${i})`;
  const isRing = mark.startsWith("ring");
  const paint = `class="mark" fill="${isRing ? "var(--paper)" : colour}" stroke="${isRing ? colour : "none"}"`;
  const stroke = `class="mark" fill="none" stroke="${colour}"`;
  switch (mark) {
    case "square":
    case "ring square":
      return `<rect ${paint} x="${x - 4.5}" y="${y - 4.5}" width="9" height="9"/>`;
    case "diamond":
    case "ring diamond":
      return `<path ${paint} d="M${x} ${y - 6}l6 6l-6 6l-6 -6z"/>`;
    case "triangle":
      return `<path ${paint} d="M${x} ${y - 6}l6 10.5h-12z"/>`;
    case "cross":
      return `<path ${stroke} d="M${x - 4} ${y - 4}l8 8m0 -8l-8 8"/>`;
    case "plus":
      return `<path ${stroke} d="M${x - 5} ${y}h10m-5 -5v10"/>`;
    default:
      return `<circle ${paint} cx="${x}" cy="${y}" r="${isRing ? 4.5 : 5}"/>`;
  }
}

/** Two digits that count, at least those before the point. */
export const figure = (value) =>
  value >= 10 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : String(Number(value.toPrecision(2)));

export const milliseconds = (ms) => `${figure(ms)} ms`;

const round = (value) => Math.round(value * 10) / 10;

const describe = (jobs) =>
  jobs
    .map(({ name, rivals }) => {
      const [, ...others] = rivals;
      return `${name}: ${others.map(({ program, speed }) => `${program.name} ${figure(speed.median)} times as fast as Normstream`).join(", ")}`;
    })
    .join(". ");

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
