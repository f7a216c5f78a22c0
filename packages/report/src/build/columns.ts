import type { Statistics } from "@normstream/pipeline";
import type { ChannelMeasures } from "../adviser/channel-measures.js";
import type { ChannelShape } from "../adviser/noise.js";
import { channelFlags } from "../check/channel-flags.js";
import type { TableScan } from "../instances/table-scan.js";
import { type ChannelColumns, REPORT_CHANNELS } from "../report.js";
import { shownNames } from "./channel-names.js";

/** What columns are made from, and which channels' it is of: place c of its arrays is channel `channels[c]`, or c. */
interface MeasuredChannels extends Pick<TableScan, "moments" | "instances"> {
  readonly channels?: Uint32Array;
}

/** The columns of a report's channels, and which channels those are. */
export function columnsOf(
  { table, facts }: Pick<Statistics, "table"> & { readonly facts: Pick<Statistics["facts"], "channelNames"> },
  scan: MeasuredChannels,
  measures: ChannelMeasures | null,
): ChannelColumns {
  const { moments, instances } = scan;
  const flags = channelFlags(moments, table.dtype);
  const places = shownChannels(moments.mean.length, flags);
  const column = (value: (channel: number) => number) => Float32Array.from(places, value);
  const std = (c: number) => Math.sqrt(moments.variance[c] as number);
  const ofShape = (value: (shape: ChannelShape) => number) =>
    column((c) => {
      const shape = measures?.shapes[c];
      return shape ? value(shape) : Number.NaN;
    });
  const known = (values: Float64Array) => column((c) => (moments.count[c] === 0 ? Number.NaN : (values[c] as number)));
  const index = scan.channels?.slice() ?? places;
  const names = shownNames(facts.channelNames, index);
  return {
    index,
    ...(names ? { names } : {}),
    mean: known(moments.mean),
    std: column(std),
    min: known(moments.min),
    max: known(moments.max),
    instanceStd: column((c) => (instances && std(c) > 0 ? (instances.parts.meanInstanceStd[c] as number) / std(c) : Number.NaN)),
    between: ofShape(({ rho }) => Math.sqrt(rho)),
    varianceSpread: ofShape(({ v2 }) => Math.sqrt(v2)),
    meanFourth: ofShape(({ b4 }) => Math.sqrt(b4)),
    meanVarianceCorrelation: ofShape(correlationOf),
    flags: Uint8Array.from(places, (c) => flags[c] as number),
  };
}

function correlationOf({ v2, b4, c12, rho }: ChannelShape): number {
  const spread = Math.sqrt(v2 * Math.max(0, b4 - rho * rho));
  return spread > 0 ? Math.max(-1, Math.min(1, c12 / spread)) : 0;
}

/** Channels that are told where not all are: their numbers take room too. */
const SOME_CHANNELS = 3072;

/** All channels, or as many as a report holds: flagged ones, at most a quarter, and evenly spaced ones. */
function shownChannels(channels: number, flags: Uint8Array): Uint32Array {
  if (channels <= REPORT_CHANNELS) return Uint32Array.from({ length: channels }, (_, c) => c);
  const chosen = new Set(
    Array.from(flags.keys())
      .filter((c) => flags[c] !== 0)
      .slice(0, SOME_CHANNELS / 4),
  );
  const even = SOME_CHANNELS - chosen.size;
  for (let i = 0; i < even; i++) chosen.add(Math.floor((i * channels) / even));
  return Uint32Array.from(chosen).sort();
}
