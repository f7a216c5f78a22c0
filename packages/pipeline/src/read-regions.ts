import { openRegions, widen } from "@normstream/formats";
import {
  abortedError,
  dataError,
  forEachRun,
  type Geometry,
  geometryOf,
  isInterleaved,
  itemSize,
  type Region,
  regionSize,
  type StoredTensor,
  type StreamStorage,
  throwIfAborted,
} from "@normstream/tensor";
import type { Engine } from "./engine.js";
import { spooled } from "./spool.js";

/** Some values of a tensor. */
export interface RegionValues {
  readonly region: Region;
  /** `[samples, channels, positions]` float64 whatever the layout: the receiver's own. */
  readonly values: Float64Array;
}

/**
 * Reads parts of a tensor on the calling thread, one after the other, each widened to float64: for what looks at a few of its values. A
 * stream is read from first to last once, and no further than the last part.
 * @param regions ascending by sample, none over another; their sizes are the caller's to bound
 * @param engine whose memory a tensor in memory lives in
 * @throws NormstreamError: `data` for a file that has changed or a stream that ends early; `io`; `aborted`
 */
export async function* readRegions(
  source: StoredTensor,
  regions: Iterable<Region>,
  engine: Pick<Engine, "heap">,
  signal?: AbortSignal,
): AsyncGenerator<RegionValues> {
  throwIfAborted(signal);
  const { storage } = source;
  if (storage.kind === "stream" && source.order === "F") {
    using file = await spooled(source, storage, signal);
    yield* readRegions(file.tensor, regions, engine, signal);
    return;
  }
  const geometry = geometryOf(source.shape, source.layout);
  const size = itemSize(source.dtype);
  await using reader = readerOf(source, geometry, engine, signal);
  for (const region of regions) {
    throwIfAborted(signal);
    const bytes = new Uint8Array(regionSize(region) * size);
    await reader.read(region, bytes);
    const values = widen(bytes, source.dtype, source.bigEndian);
    yield { region, values: isInterleaved(geometry) ? channelsFirst(values, region) : values };
  }
}

interface RegionReader extends AsyncDisposable {
  read(region: Region, target: Uint8Array): Promise<void>;
}

function readerOf(source: StoredTensor, geometry: Geometry, engine: Pick<Engine, "heap">, signal?: AbortSignal): RegionReader {
  const { storage } = source;
  const size = itemSize(source.dtype);
  if (storage.kind === "stream") return streamReader(storage, source.name, geometry, size, signal);
  if (storage.kind === "memory") return heapReader(storage.byteOffset, geometry, engine, size);
  const reader = openRegions({ ...source, storage });
  const partsOf = "slice" in storage ? (region: Region) => storage.slice(region.sample, region.sampleEnd) : () => undefined;
  return {
    async read(region, target) {
      await reader.read(region, target, partsOf(region));
    },
    async [Symbol.asyncDispose]() {
      reader[Symbol.dispose]();
    },
  };
}

/** Copies from an engine's memory, which may grow meanwhile. */
function heapReader(byteOffset: number, geometry: Geometry, { heap }: Pick<Engine, "heap">, size: number): RegionReader {
  return {
    async read(region, target) {
      forEachRun(region, geometry, (element, packed, length) => {
        target.set(new Uint8Array(heap.memory.buffer, byteOffset + element * size, length * size), packed * size);
      });
    },
    async [Symbol.asyncDispose]() {},
  };
}

function streamReader(
  stream: StreamStorage,
  name: string,
  geometry: Geometry,
  size: number,
  signal: AbortSignal | undefined,
): RegionReader {
  const chunks = stream.open(signal)[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array(0);
  let position = 0;
  /** Goes on to a byte and copies from there, or only goes on where there is nothing to fill. */
  const advance = async (to: number, target?: Uint8Array) => {
    const end = to + (target?.length ?? 0);
    while (position < end) {
      if (chunk.length === 0) {
        const step = await chunks.next();
        if (signal?.aborted) throw abortedError(signal.reason);
        if (step.done) throw dataError("the stream ended before the tensor did", { file: name });
        chunk = step.value;
      }
      const left = position < to ? to - position : end - position;
      const part = chunk.subarray(0, left);
      if (position >= to) target?.set(part, position - to);
      position += part.length;
      chunk = chunk.subarray(part.length);
    }
  };
  return {
    async read(region, target) {
      const runs: [element: number, packed: number, length: number][] = [];
      forEachRun(region, geometry, (...run) => void runs.push(run));
      for (const [element, packed, length] of runs) {
        await advance(element * size, target.subarray(packed * size, (packed + length) * size));
      }
    },
    async [Symbol.asyncDispose]() {
      await chunks.return?.();
    },
  };
}

/** `[samples, positions, channels]` as `[samples, channels, positions]`. */
function channelsFirst(values: Float64Array, region: Region): Float64Array {
  const channels = region.channelEnd - region.channel;
  const positions = region.positionEnd - region.position;
  const out = new Float64Array(values.length);
  const perSample = channels * positions;
  for (let at = 0; at < values.length; at += perSample) {
    for (let c = 0; c < channels; c++) {
      for (let j = 0; j < positions; j++) out[at + c * positions + j] = values[at + j * channels + c] as number;
    }
  }
  return out;
}
