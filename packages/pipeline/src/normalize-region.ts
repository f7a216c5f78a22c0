import { fitsFloat32, periodicBytes } from "@normstream/kernel";
import { isInterleaved, itemSize, type Region } from "@normstream/tensor";
import { samplesLeftInSet, setOf } from "./affine.js";
import type { AffineStatistics, NormalizePass } from "./pass.js";
import type { View } from "./shard-context.js";
import type { Workspace } from "./workspace.js";

/** Planes this small are normalized many at a time, with affines that repeat. */
const SMALL_PLANE = 64;
/** Longest sequence of affines that is prepared for such planes. */
const LONGEST_PERIOD = 1 << 16;

/** What the workspace's prepared affines stand for, so that they are prepared once. */
export interface Prepared {
  key: string;
  /** Whether a set of statistics is computed in float32, for the set that was asked about last. */
  narrow?: { readonly key: string; readonly value: boolean };
}

/**
 * Normalizes the elements of a region from one view to another: y = (x − mean) · rstd · weight + bias. Both views are in
 * the order of the layout; runs are as long as the statistics allow.
 */
export function normalizeRegion(
  pass: NormalizePass,
  { kernel, prepared }: Workspace,
  region: Region,
  from: View,
  to: View,
  statistics: AffineStatistics,
  state: Prepared,
): void {
  const { geometry, outDType, weight, bias } = pass;
  const { dtype } = pass.source;
  const outSize = itemSize(outDType);
  const positions = region.positionEnd - region.position;
  const channels = region.channelEnd - region.channel;
  const perGroup = geometry.channels / pass.groups;
  const elementwise = isElementwise(pass);
  const interleaved = isInterleaved(geometry);
  const weightAt = (c: number, j: number) => weight?.[elementwise ? c * geometry.planeSize + j : c] ?? 1;
  const biasAt = (c: number, j: number) => bias?.[elementwise ? c * geometry.planeSize + j : c] ?? 0;

  /** Affines of some channels × positions in the order in which their elements stand. */
  const prepare = (set: number, c0: number, c1: number, j0: number, j1: number): number => {
    const period = (c1 - c0) * (j1 - j0);
    const key = `${setKey(statistics, set)}:${c0}:${c1}:${j0}:${j1}`;
    if (state.key === key) return period;
    const mean = new Float64Array(period);
    const scale = new Float64Array(period);
    const shift = new Float64Array(period);
    for (let i = 0; i < period; i++) {
      const c = c0 + (interleaved ? i % (c1 - c0) : Math.floor(i / (j1 - j0)));
      const j = j0 + (interleaved ? Math.floor(i / (c1 - c0)) : i % (j1 - j0));
      const s = set * pass.groups + Math.floor(c / perGroup);
      mean[i] = statistics.mean[s] as number;
      scale[i] = (statistics.rstd[s] as number) * weightAt(c, j);
      shift[i] = biasAt(c, j);
    }
    kernel.preparePeriodic(mean, scale, shift, prepared, !isNarrow(set));
    state.key = key;
    return period;
  };
  /**
   * Whether all affines of a set may be computed in float32: decided for all channels at once, so that the bits of
   * a value do not depend on which channels stand beside it in a step.
   */
  const isNarrow = (set: number): boolean => {
    const key = setKey(statistics, set);
    if (state.narrow?.key !== key) state.narrow = { key, value: fitsNarrow(set) };
    return state.narrow.value;
  };
  const fitsNarrow = (set: number): boolean => {
    for (let c = 0; c < geometry.channels; c++) {
      const s = set * pass.groups + Math.floor(c / perGroup);
      const mean = statistics.mean[s] as number;
      const rstd = statistics.rstd[s] as number;
      const elements = elementwise ? geometry.planeSize : 1;
      for (let j = 0; j < elements; j++) {
        if (!fitsFloat32({ mean, scale: rstd * weightAt(c, j), shift: biasAt(c, j) })) return false;
      }
    }
    return true;
  };
  const run = (x: number, y: number, values: number, set: number, c: number) => {
    const s = set * pass.groups + Math.floor(c / perGroup);
    kernel.normalizeRun(dtype, outDType, x, y, values, {
      mean: statistics.mean[s] as number,
      scale: (statistics.rstd[s] as number) * weightAt(c, 0),
      shift: biasAt(c, 0),
    });
  };

  const whole = channels === geometry.channels && positions === geometry.planeSize;
  const size = itemSize(dtype);
  const packed = from.strides.sample === channels * positions * size && to.strides.sample === channels * positions * outSize;
  let n = region.sample;
  while (n < region.sampleEnd) {
    const set = setOf(statistics, n);
    const samples = Math.min(region.sampleEnd - n, samplesLeftInSet(statistics, n));
    const x = from.pointer + (n - region.sample) * from.strides.sample;
    const y = to.pointer + (n - region.sample) * to.strides.sample;
    const plain = pass.groups === 1 && !weight && !bias;
    if (plain && whole && packed) run(x, y, samples * channels * positions, set, 0);
    else if (interleaved || geometry.planeSize === 1) {
      normalizeRows(samples, x, y, set);
    } else if (
      whole &&
      packed &&
      !elementwise &&
      positions < SMALL_PLANE &&
      samples > 1 &&
      channels * positions <= LONGEST_PERIOD &&
      isNarrow(set)
    ) {
      const period = prepare(set, 0, channels, 0, positions);
      kernel.normalizePeriodic(dtype, outDType, x, y, samples * period, prepared, period);
    } else {
      for (let i = 0; i < samples; i++) {
        for (let c = region.channel; c < region.channelEnd; c++) {
          const px = x + i * from.strides.sample + (c - region.channel) * from.strides.channel;
          const py = y + i * to.strides.sample + (c - region.channel) * to.strides.channel;
          if (!elementwise) run(px, py, positions, set, c);
          else {
            const period = prepare(set, c, c + 1, region.position, region.positionEnd);
            kernel.normalizePeriodic(dtype, outDType, px, py, period, prepared, period);
          }
        }
      }
    }
    n += samples;
  }

  /** Channels last, and tables: affines repeat with the channels, or with the whole sample where they are elementwise. */
  function normalizeRows(samples: number, x: number, y: number, set: number): void {
    const { channel: c0, channelEnd: c1, position: j0, positionEnd: j1 } = region;
    const rowBytes = channels * size;
    if (elementwise) {
      if (from.strides.position !== rowBytes || to.strides.position !== channels * outSize) {
        normalizeElements(samples, x, y, set);
        return;
      }
      const period = prepare(set, c0, c1, j0, j1);
      for (let i = 0; i < samples; i++) {
        const shift = i * period;
        kernel.normalizePeriodic(dtype, outDType, x + shift * size, y + shift * outSize, period, prepared, period);
      }
      return;
    }
    const period = prepare(set, c0, c1, 0, 1);
    const step = geometry.planeSize === 1 ? "sample" : "position";
    if (from.strides[step] === rowBytes && to.strides[step] === channels * outSize) {
      kernel.normalizePeriodic(dtype, outDType, x, y, samples * positions * channels, prepared, period);
      return;
    }
    for (let i = 0; i < samples; i++) {
      for (let j = 0; j < positions; j++) {
        const px = x + i * from.strides.sample + j * from.strides.position;
        const py = y + i * to.strides.sample + j * to.strides.position;
        kernel.normalizePeriodic(dtype, outDType, px, py, channels, prepared, period);
      }
    }
  }

  /** Elementwise weights of some of the channels, where these do not stand together in both views: position by position. */
  function normalizeElements(samples: number, x: number, y: number, set: number): void {
    for (let j = region.position; j < region.positionEnd; j++) {
      const period = prepare(set, region.channel, region.channelEnd, j, j + 1);
      for (let i = 0; i < samples; i++) {
        const px = x + i * from.strides.sample + (j - region.position) * from.strides.position;
        const py = y + i * to.strides.sample + (j - region.position) * to.strides.position;
        kernel.normalizePeriodic(dtype, outDType, px, py, channels, prepared, period);
      }
    }
  }
}

/** Whether weight and bias have an entry for each element of a sample rather than for each channel. */
function isElementwise({ weight, bias, geometry }: Pick<NormalizePass, "weight" | "bias" | "geometry">): boolean {
  const length = weight?.length ?? bias?.length;
  return length !== undefined && length !== geometry.channels;
}

const keys = new WeakMap<AffineStatistics, number>();
let lastKey = 0;
function setKey(statistics: AffineStatistics, set: number): string {
  let key = keys.get(statistics);
  if (key === undefined) {
    key = ++lastKey;
    keys.set(statistics, key);
  }
  return `${key}:${set}`;
}

/** Short periods are written out several times, so that a shorter one may take more bytes. */
const SHORT_PERIOD = 64;

/** Bytes that suffice for every period that a pass prepares, for its workspace. */
export function preparedBytes(pass: Pick<NormalizePass, "weight" | "bias" | "geometry">): number {
  const longest = longestPeriod(pass);
  let bytes = periodicBytes(longest);
  for (let period = 1; period < Math.min(longest, SHORT_PERIOD); period++) bytes = Math.max(bytes, periodicBytes(period));
  return bytes;
}

function longestPeriod(pass: Pick<NormalizePass, "weight" | "bias" | "geometry">): number {
  const { channels, planeSize } = pass.geometry;
  if (isElementwise(pass)) return channels * planeSize;
  return planeSize > 1 && channels * planeSize <= LONGEST_PERIOD ? channels * planeSize : channels;
}
