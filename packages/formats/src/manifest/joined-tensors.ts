import {
  type ArrayPart,
  dataError,
  elementCount,
  type ImagePart,
  type ImagesStorage,
  itemSize,
  type PartsStorage,
  type TensorSource,
  usageError,
} from "@normstream/tensor";

/** Some samples of an opened tensor. */
export interface Stretch {
  readonly source: TensorSource;
  readonly from: number;
  readonly to: number;
}

/** A stretch, and the sample of the whole that its first one is. */
interface Placed extends Stretch {
  readonly firstSample: number;
}

/**
 * Joins stretches of tensors along N, in their order. Nothing is listed anew: the result asks them for their parts, and closes nothing.
 * @param path where the whole is, for messages
 * @throws NormstreamError of kind `data` where they differ in more than N; `usage` for elements that are not read by position.
 */
export function joinTensors(path: string, stretches: readonly [Stretch, ...Stretch[]]): Omit<TensorSource, symbol> {
  const first = stretches[0].source;
  let samples = 0;
  const placed: Placed[] = [];
  for (const stretch of stretches) {
    checkAlike(stretch.source, first);
    if (stretch.to > stretch.from) placed.push({ ...stretch, firstSample: samples });
    samples += stretch.to - stretch.from;
  }
  const shape = [samples, ...first.shape.slice(1)];
  const { format, name, dtype, layout, order, bigEndian, channelNames } = first;
  const sources = [...new Set(stretches.map(({ source }) => source))];
  const readers = [...new Set(sources.flatMap((source) => source.readers ?? []))];
  const notes = [...new Set(sources.flatMap((source) => source.notes ?? []))];
  return {
    ...{ format, name, shape, dtype, layout, order, bigEndian, channelNames },
    byteLength: elementCount(shape) * itemSize(dtype),
    storage: first.storage.kind === "images" ? joinedImages(path, placed, first.storage) : joinedArrays(path, placed),
    ...(sources.some((source) => source.nanIsMissing) ? { nanIsMissing: true } : {}),
    ...(readers.length > 0 ? { readers } : {}),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

function joinedArrays(path: string, placed: readonly Placed[]): PartsStorage {
  let count = 0;
  let chunkSamples = 0;
  let chunkBytes = 0;
  for (const { source } of placed) {
    const { storage } = source;
    count += "count" in storage ? storage.count : 1;
    if (!("chunkSamples" in storage)) continue;
    chunkSamples = Math.max(chunkSamples, storage.chunkSamples ?? 0);
    chunkBytes = Math.max(chunkBytes, storage.chunkBytes ?? 0);
  }
  const slice = sliceOf(placed, (stretch, from, to) => arraysOf(stretch, from, to));
  return { kind: "parts", path, count: Math.max(1, count), ...(chunkSamples > 0 ? { chunkSamples, chunkBytes } : {}), slice };
}

function joinedImages(path: string, placed: readonly Placed[], { decoding }: ImagesStorage): ImagesStorage {
  const count = placed.reduce((sum, { from, to }) => sum + to - from, 0);
  const slice = sliceOf(placed, ({ source }, from, to) => (source.storage as ImagesStorage).slice(from, to) as ImagePart[]);
  return { kind: "images", path, count, decoding, slice };
}

/** Asks each stretch for what it has of a range of the whole, and puts that to its place there. */
const sliceOf =
  <T extends ArrayPart | ImagePart>(
    placed: readonly Placed[],
    ask: (stretch: Stretch, from: number, to: number) => readonly T[],
  ): ((from: number, to: number) => T[]) =>
  (from, to) => {
    const parts: T[] = [];
    for (const stretch of placed) {
      const shift = stretch.firstSample - stretch.from;
      const [start, end] = [Math.max(stretch.from, from - shift), Math.min(stretch.to, to - shift)];
      if (start >= end) continue;
      for (const part of ask(stretch, start, end)) parts.push({ ...part, firstSample: part.firstSample + shift });
    }
    return parts;
  };

/** The arrays that hold samples `from` to `to` of a tensor, cut to what the stretch has of them. */
function arraysOf({ source, from: least, to: most }: Stretch, from: number, to: number): readonly ArrayPart[] {
  const { storage, name, shape, order, bigEndian } = source;
  const samples = shape[0] as number;
  const whole: readonly ArrayPart[] =
    storage.kind === "parts"
      ? storage.slice(from, to)
      : storage.kind === "file" || storage.kind === "decoded"
        ? [{ name, firstSample: 0, samples, order, bigEndian, storage }]
        : [];
  return whole.map((part) => {
    const start = Math.max(least, part.firstSample);
    const end = Math.min(most, part.firstSample + part.samples);
    if (end - start === part.samples) return part;
    return {
      ...part,
      firstSample: start,
      samples: end - start,
      arraySamples: part.arraySamples ?? part.samples,
      arrayStart: (part.arrayStart ?? 0) + start - part.firstSample,
    };
  });
}

/** @throws NormstreamError where two tensors are no parts of one. */
function checkAlike(next: TensorSource, first: TensorSource): void {
  const { storage } = next;
  if (storage.kind === "stream" || storage.kind === "memory") {
    throw usageError("a packed file cannot be one of several, nor be read in part", {
      file: next.name,
      hint: "Unpack it (gunzip, or np.savez without compression), or choose a split that is this file alone.",
    });
  }
  const differs = (what: string, expected: string, found: string): void => {
    if (expected === found) return;
    throw dataError(`parts of different ${what} are no data set`, {
      file: next.name,
      expected: `${expected}, as in ${first.name}`,
      found,
    });
  };
  differs("kinds", kindOf(first), kindOf(next));
  differs("dtypes", first.dtype, next.dtype);
  differs("layouts", first.layout, next.layout);
  differs("columns", first.channelNames?.join(", ") ?? "no names", next.channelNames?.join(", ") ?? "no names");
  if (storage.kind === "images" && first.storage.kind === "images") {
    const decodings = [first, next].map((source) => JSON.stringify((source.storage as ImagesStorage).decoding));
    differs("channels", decodings[0] as string, decodings[1] as string);
    return;
  }
  const shown = ({ shape }: TensorSource) => `[N, ${shape.slice(1).join(", ")}]`;
  differs("shapes", shown(first), shown(next));
}

const kindOf = ({ storage }: TensorSource): string => (storage.kind === "images" ? "images" : "tensors");
