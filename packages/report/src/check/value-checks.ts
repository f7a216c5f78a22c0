import { createHash } from "node:crypto";
import { blockStart } from "@normstream/moments";
import type { Measurement } from "../build/measure.js";
import type { NotFinite } from "../instances/sample-marks.js";
import type { Finding } from "../report.js";
import { amount, counted, listed, percent } from "../text/figures.js";
import { readPlanes, type Wanted } from "../values/read-planes.js";
import { finding, nameOf } from "./finding.js";

/** Places of values that are not finite which are looked up. */
const MOST_PLACES = 3;
/** Samples, and values, that are read to tell copies from samples of equal moments. */
const MOST_COPIES = 1024;
const MOST_VALUES = 1 << 25;

/** What a second look at some values gives: where NaN and infinities stand, and which samples are copies of each other. */
export async function checkValues(measured: Measurement, signal?: AbortSignal): Promise<Finding[]> {
  return [...(await notFinite(measured, signal)), ...(await copies(measured, signal))];
}

async function notFinite(measured: Measurement, signal?: AbortSignal): Promise<Finding[]> {
  const { marks, moments } = measured.scan;
  if (marks.notFiniteRows === 0) return [];
  const sum = (counts: Float64Array) => counts.reduce((a, b) => a + b, 0);
  const parts = [
    [sum(moments.nan), "NaN"],
    [sum(moments.posInf), "+Inf"],
    [sum(moments.negInf), "−Inf"],
  ] as const;
  const channels = Array.from(moments.count.keys()).filter(
    (c) => (moments.nan[c] as number) + (moments.posInf[c] as number) + (moments.negInf[c] as number) > 0,
  );
  const places: string[] = [];
  for (const mark of marks.notFinite.slice(0, MOST_PLACES)) places.push(await placeOf(measured, mark, signal));
  const found = parts.filter(([count]) => count > 0).map(([count, name]) => `${amount(count)} ${name}`);
  const rest = marks.notFiniteRows > places.length ? ", …" : "";
  const samples = measured.statistics.table.grain === 1 ? [...new Set(marks.notFinite.map(({ sample }) => sample))] : [];
  const texts = {
    title: `${found.join(", ")} in ${counted(channels.length, "channel")}`,
    evidence: `First at ${places.join("; ")}${rest}.`,
    advice:
      "Each of them makes the statistics of its channel NaN or infinite. Mend the data, or have them left out (--nan omit).",
  };
  return [finding("not-finite", "error", texts, { channels, samples })];
}

/** "sample 3, channel 0, [12, 7]": the position where the data are at hand. */
async function placeOf({ statistics, data }: Measurement, mark: NotFinite, signal?: AbortSignal): Promise<string> {
  const { table, facts } = statistics;
  const channel = nameOf(facts)(mark.channel);
  const block = mark.sample;
  const end = table.grain === 1 ? block + 1 : Math.min(table.samples, nextBlock(table, block));
  if (!data) return `${end - block > 1 ? `samples ${block} to ${end - 1}` : `sample ${block}`}, ${channel}`;
  let found: { sample: number; position: number } | undefined;
  const wanted: Wanted[] = [];
  for (let sample = block; sample < end; sample++) {
    const take: Wanted["take"] = (_, position, values) => {
      const at = found ? -1 : values.findIndex((x) => !Number.isFinite(x));
      if (at >= 0) found = { sample, position: position + at };
    };
    wanted.push({ sample, channels: [mark.channel], from: 0, to: table.planeSize, take });
  }
  await readPlanes(data.source, data.engine, wanted, signal);
  if (!found) return `sample ${block}, ${channel}`;
  const extents = spatialOf(statistics.facts.shape, statistics.facts.layout);
  const place = extents.length === 0 ? "" : `, [${indices(found.position, extents).join(", ")}]`;
  return `sample ${found.sample}, ${channel}${place}`;
}

function nextBlock(table: Measurement["statistics"]["table"], sample: number): number {
  let block = Math.floor(sample / table.grain);
  while (blockStart(table, block) <= sample) block++;
  return blockStart(table, block);
}

const spatialOf = (shape: readonly number[], layout: string): number[] =>
  shape.filter((_, axis) => layout[axis] !== "N" && layout[axis] !== "C");

function indices(position: number, extents: readonly number[]): number[] {
  const found: number[] = [];
  let left = position;
  for (const extent of extents.toReversed()) {
    found.unshift(left % extent);
    left = Math.floor(left / extent);
  }
  return found;
}

async function copies({ statistics, scan, data }: Measurement, signal?: AbortSignal): Promise<Finding[]> {
  const matches = scan.instances?.matches;
  if (!matches || matches.groups.length === 0 || !data) return [];
  const { channels, planeSize } = statistics.table;
  const most = Math.max(2, Math.min(MOST_COPIES, Math.floor(MOST_VALUES / (channels * planeSize))));
  const candidates: number[] = [];
  for (const group of matches.groups) if (candidates.length + group.length <= most) candidates.push(...group);
  if (candidates.length === 0) candidates.push(...(matches.groups[0] as readonly number[]).slice(0, most));
  const groups = await byDigest(candidates, { channels, planeSize }, data, signal);
  if (groups.length === 0) return [];
  const extra = groups.reduce((sum, group) => sum + group.length - 1, 0);
  const unread = matches.groups.reduce((sum, group) => sum + group.length, 0) - candidates.length;
  const shown = groups.slice(0, 4).map((group) => listed(group, group.length, 6));
  const rest = groups.length > 4 ? `; and ${groups.length - 4} more` : "";
  const texts = {
    title: `${counted(extra, "sample")} ${extra === 1 ? "is a copy" : "are copies"} of others`,
    evidence: [
      `Equal by SHA-256 of their values: ${shown.join("; ")}${rest}.`,
      ...(unread > 0 ? [`${counted(unread, "more sample")} with equal moments not read.`] : []),
      ...(matches.fraction < 1 ? [`Looked for in ${percent(matches.fraction)} of the samples.`] : []),
    ].join(" "),
    advice:
      "Copies count twice, and leak from training to test where the set is split after this. Remove them, if they are not meant.",
  };
  return [finding("duplicate-samples", "warning", texts, { samples: groups.flat(), sampleCount: extra })];
}

/** Samples whose values are equal, in groups of two and more, by their first. */
async function byDigest(
  samples: readonly number[],
  { channels, planeSize }: { readonly channels: number; readonly planeSize: number },
  { source, engine }: NonNullable<Measurement["data"]>,
  signal?: AbortSignal,
): Promise<number[][]> {
  const all = Array.from({ length: channels }, (_, c) => c);
  const hashes = new Map(samples.map((sample) => [sample, all.map(() => createHash("sha256"))]));
  const wanted = samples.map((sample): Wanted => {
    const take: Wanted["take"] = (channel, _, values) => {
      hashes.get(sample)?.[channel]?.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    };
    return { sample, channels: all, from: 0, to: planeSize, take };
  });
  await readPlanes(source, engine, wanted, signal);
  const groups = new Map<string, number[]>();
  for (const sample of [...samples].sort((a, b) => a - b)) {
    const whole = createHash("sha256");
    for (const hash of hashes.get(sample) ?? []) whole.update(hash.digest());
    const digest = whole.digest("hex");
    groups.set(digest, [...(groups.get(digest) ?? []), sample]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}
