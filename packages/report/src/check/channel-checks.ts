import type { Moments } from "@normstream/moments";
import type { Statistics } from "@normstream/pipeline";
import type { TableScan } from "../instances/table-scan.js";
import { CHANNEL_FLAGS, type Finding } from "../report.js";
import { amount, counted, figure, listed } from "../text/figures.js";
import { channelFlags, flagged, LARGEST_HALF } from "./channel-flags.js";
import { finding, nameOf } from "./finding.js";

/** What the channels' own statistics give away. */
export function checkChannels(statistics: Statistics, { moments }: TableScan): Finding[] {
  const { dtype } = statistics.table;
  const named = nameOf(statistics.facts);
  const flags = channelFlags(moments, dtype);
  return [
    ...constantChannels(moments, flags, named),
    ...nearConstantChannels(moments, flags, named),
    ...halfOverflow(moments, flags),
    ...mixedRanges(moments, dtype.startsWith("float") || dtype === "bfloat16"),
  ];
}

function constantChannels({ min }: Moments, flags: Uint8Array, named: (channel: number) => string): Finding[] {
  const channels = flagged(flags, CHANNEL_FLAGS.constant);
  if (channels.length === 0) return [];
  const values = channels.slice(0, 4).map((c) => `${named(c)} is ${figure(min[c] as number)} throughout`);
  const title = `${counted(channels.length, "channel")} of ${flags.length} ${channels.length === 1 ? "is" : "are"} constant`;
  const texts = {
    title,
    evidence: `${values.join(", ")}${channels.length > 4 ? `, and ${channels.length - 4} more` : ""}.`,
    advice: "They carry nothing: drop them. Batch norm gives 0 (or the bias) for them, and dead units look like this too.",
  };
  return [finding("constant-channels", "warning", texts, { channels })];
}

function nearConstantChannels({ mean, variance }: Moments, flags: Uint8Array, named: (channel: number) => string): Finding[] {
  const channels = flagged(flags, CHANNEL_FLAGS.nearConstant);
  if (channels.length === 0) return [];
  const values = channels
    .slice(0, 4)
    .map((c) => `${named(c)}: mean ${figure(mean[c] as number)}, std ${figure(Math.sqrt(variance[c] as number))}`);
  const texts = {
    title: `${counted(channels.length, "channel")} of ${flags.length} ${channels.length === 1 ? "hardly varies" : "hardly vary"}`,
    evidence: `${values.join("; ")}${channels.length > 4 ? `; and ${channels.length - 4} more` : ""}.`,
    advice: "Normalizing blows their rounding errors up to std 1. Drop them, or raise eps above their variance.",
  };
  return [finding("near-constant-channels", "warning", texts, { channels })];
}

function halfOverflow({ min, max }: Moments, flags: Uint8Array): Finding[] {
  const channels = flagged(flags, CHANNEL_FLAGS.overflowsHalf);
  if (channels.length === 0) return [];
  const lowest = channels.reduce((least, c) => Math.min(least, min[c] as number), Infinity);
  const highest = channels.reduce((most, c) => Math.max(most, max[c] as number), -Infinity);
  const texts = {
    title: `Values overflow half precision in ${counted(channels.length, "channel")}`,
    evidence: `They reach from ${figure(lowest)} to ${figure(highest)}; float16 ends at ±${amount(LARGEST_HALF)}. Channels ${listed(channels)}.`,
    advice: "Normalize before casting to float16, or use bfloat16.",
  };
  return [finding("overflows-half", "warning", texts, { channels })];
}

/** Values up to 255 look like bytes, values up to 1 like bytes that were divided by 255. */
function mixedRanges({ min, max, count }: Moments, isFloat: boolean): Finding[] {
  const channels = Array.from(count.keys()).filter((c) => (count[c] as number) > 0 && (max[c] as number) > (min[c] as number));
  if (channels.length === 0 || !isFloat || channels.some((c) => (min[c] as number) < 0)) return [];
  const bytes = channels.filter((c) => (max[c] as number) > 128 && (max[c] as number) <= 255);
  const units = channels.filter((c) => (max[c] as number) <= 1);
  if (bytes.length > 0 && units.length > 0 && bytes.length + units.length === channels.length) {
    const texts = {
      title: "Some channels reach 255, others 1",
      evidence: `${counted(bytes.length, "channel")} within 0 to 255, ${counted(units.length, "channel")} within 0 to 1: channels ${listed(units)}.`,
      advice: "Channels of one kind should share a scale: divide the first by 255, unless they are different quantities.",
    };
    return [finding("mixed-ranges", "warning", texts, { channels: units })];
  }
  if (bytes.length < channels.length || !channels.some((c) => (max[c] as number) === 255)) return [];
  const texts = {
    title: "Floats from 0 to 255",
    evidence: `All ${counted(channels.length, "channel")} lie within 0 to 255, and the largest value is 255: bytes that were never scaled.`,
    advice: "Divide by 255 where a network expects 0 to 1, or standardize with the statistics of this tensor.",
  };
  return [finding("range-0-255", "note", texts)];
}
