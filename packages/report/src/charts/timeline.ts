import type { Absent, Timeline } from "../report.js";
import { label, plotArea, xAxis } from "./axis.js";
import type { Chart, ChartSize } from "./chart.js";
import { emptyChart } from "./empty.js";
import { group, mark } from "./mark.js";
import { countText, numberText } from "./numbers.js";
import { path, rectanglesPath, strokesPath } from "./path.js";
import { finiteExtent, linearScale } from "./scale.js";
import { textWidth } from "./text.js";

/** When which thread worked on which shard: a row for each thread. Shards that follow each other differ in shade. */
export function timelineChart(timeline: Timeline | Absent, size: ChartSize): Chart {
  if ("absent" in timeline) return emptyChart(timeline.absent, size);
  const end = finiteExtent(timeline.endMs)?.[1];
  if (end === undefined || timeline.thread.length === 0) return emptyChart("No shard was worked on.", size);
  const threads = [...new Set(timeline.thread)].sort((a, b) => a - b);
  const rowHeight = Math.min(34, Math.max(2, (size.height - 64) / threads.length));
  const hasNames = rowHeight >= 13;
  const names = threads.map((thread) => `thread ${thread}`);
  const left = hasNames ? Math.ceil(Math.max(...names.map((name) => textWidth(name, 12)))) + 10 : 8;
  const area = plotArea({ ...size, height: 24 + rowHeight * threads.length + 40 }, { top: 24, right: 14, bottom: 40, left });
  const [unit, divisor] = end >= 10_000 ? (["s", 1000] as const) : (["ms", 1] as const);
  const x = linearScale([0, Math.max(end, 1e-6) / divisor], [area.left, area.right]);
  const rows = [0, 1].map((parity) =>
    rectanglesPath(shardBoxes(timeline, threads, parity, (ms) => x(ms / divisor), area.top, rowHeight)),
  );
  const shown = timeline.thread.length;
  const title =
    shown < timeline.shards
      ? `${countText(shown)} of ${countText(timeline.shards)} shards`
      : `${countText(timeline.shards)} ${timeline.shards === 1 ? "shard" : "shards"}`;
  return {
    ...size,
    description: `${title} on ${countText(threads.length)} ${threads.length === 1 ? "thread" : "threads"} in ${numberText(end / divisor)} ${unit}.`,
    marks: [
      label(title, 0, 12, { className: "muted" }),
      ...(hasNames
        ? names.map((name, row) =>
            label(name, area.left - 8, area.top + (row + 0.5) * rowHeight + 4, { className: "muted", anchor: "end" }),
          )
        : []),
      group(
        "grid",
        path(
          "hair",
          strokesPath(
            threads.map((_, row) => [area.left, area.top + row * rowHeight, area.right, area.top + row * rowHeight] as const),
          ),
        ),
      ),
      group(
        "data",
        mark("path", { class: "fill", d: rows[0] ?? "", "fill-opacity": 0.85 }),
        mark("path", { class: "fill", d: rows[1] ?? "", "fill-opacity": 0.5 }),
      ),
      xAxis(x, area, { title: `${unit} since the start`, spacing: 64 }),
    ],
  };
}

function shardBoxes(
  timeline: Timeline,
  threads: readonly number[],
  parity: number,
  x: (ms: number) => number,
  top: number,
  rowHeight: number,
) {
  const counts = new Map<number, number>();
  const boxes: (readonly [number, number, number, number])[] = [];
  timeline.thread.forEach((thread, index) => {
    const nth = counts.get(thread) ?? 0;
    counts.set(thread, nth + 1);
    if (nth % 2 !== parity) return;
    const [start, end] = [x(timeline.startMs[index] ?? 0), x(timeline.endMs[index] ?? 0)];
    boxes.push([
      start,
      top + threads.indexOf(thread) * rowHeight + rowHeight * 0.14,
      Math.max(0.75, end - start),
      rowHeight * 0.72,
    ]);
  });
  return boxes;
}
