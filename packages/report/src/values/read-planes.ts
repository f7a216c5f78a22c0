import { type Engine, readRegions } from "@normstream/pipeline";
import { geometryOf, itemSize, type Region, type StoredTensor } from "@normstream/tensor";

/** Values that one read takes at most, but for one position of all channels. */
const READ_VALUES = 1 << 20;

/** A plane of so many bytes and more is worth a read of its own; smaller ones are read with their neighbours. */
export const PLANE_BYTES = 4096;

/** A window of some planes of a sample that somebody wants to see. */
export interface Wanted {
  readonly sample: number;
  /** Ascending. */
  readonly channels: readonly number[];
  /** Positions `from` to `to` of each plane. */
  readonly from: number;
  readonly to: number;
  /** Takes the window in parts, in order of position. @param values float64, valid during the call */
  take(channel: number, position: number, values: Float64Array): void;
}

/**
 * Reads what several want to see of a tensor in one go through it, in order of sample: each value at most once, and at most a few
 * megabytes at a time.
 */
export async function readPlanes(
  source: StoredTensor,
  engine: Pick<Engine, "heap">,
  wanted: readonly Wanted[],
  signal?: AbortSignal,
): Promise<void> {
  const samples = new Map<number, Wanted[]>();
  for (const want of wanted.toSorted((a, b) => a.sample - b.sample)) {
    const others = samples.get(want.sample);
    if (others) others.push(want);
    else samples.set(want.sample, [want]);
  }
  const { channels, channelsLast, planeSize } = geometryOf(source.shape, source.layout);
  // Channels that vary fastest are read together, or every read would be one value.
  const isInterleaved = channelsLast && channels > 1 && planeSize > 1;
  const readsAll = isInterleaved || planeSize * itemSize(source.dtype) < PLANE_BYTES;
  function* regions(): Generator<Region> {
    for (const [sample, wants] of samples) {
      const from = Math.min(...wants.map((want) => want.from));
      const to = Math.max(...wants.map((want) => want.to));
      const runs = readsAll ? [[0, channels] as const] : runsOf(wants.flatMap((want) => want.channels));
      for (const [channel, channelEnd] of runs) yield* cut({ sample, channel, channelEnd, from, to }, isInterleaved);
    }
  }
  for await (const { region, values } of readRegions(source, regions(), engine, signal)) {
    const positions = region.positionEnd - region.position;
    for (const want of samples.get(region.sample) ?? []) {
      const from = Math.max(want.from, region.position);
      const to = Math.min(want.to, region.positionEnd);
      if (from >= to) continue;
      for (const channel of want.channels) {
        if (channel < region.channel || channel >= region.channelEnd) continue;
        const at = (channel - region.channel) * positions - region.position;
        want.take(channel, from, values.subarray(at + from, at + to));
      }
    }
  }
}

/** Neighbouring numbers as [first, end) pairs, ascending. */
function runsOf(numbers: readonly number[]): (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const n of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.[1] === n) last[1] = n + 1;
    else runs.push([n, n + 1]);
  }
  return runs;
}

interface Window {
  readonly sample: number;
  readonly channel: number;
  readonly channelEnd: number;
  readonly from: number;
  readonly to: number;
}

/** Regions of some channels of a sample that are read at once, in the order in which they are stored. */
function* cut({ sample, channel, channelEnd, from, to }: Window, isInterleaved: boolean): Generator<Region> {
  const width = channelEnd - channel;
  const base = { sample, sampleEnd: sample + 1 };
  const fits = width * (to - from) <= READ_VALUES;
  // Channels first, plane after plane: one channel at a time where all of them are too much.
  const channelStep = isInterleaved || fits ? width : 1;
  const step = fits ? to - from : Math.max(1, Math.floor(READ_VALUES / channelStep));
  for (let c = channel; c < channelEnd; c += channelStep) {
    for (let position = from; position < to; position += step) {
      yield { ...base, channel: c, channelEnd: c + channelStep, position, positionEnd: Math.min(to, position + step) };
    }
  }
}
