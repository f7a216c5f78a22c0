import { type Picture, writePictures } from "@normstream/formats";
import type { Norm } from "@normstream/moments";
import { type Geometry, geometryOf, type Region, type StoredTensor, throwIfAborted, usageError } from "@normstream/tensor";
import { assertCount, assertOptions, assertSignal, assertTensor } from "./arguments.js";
import { statisticsOf } from "./compute-statistics.js";
import type { Engine } from "./engine.js";
import { assertReachable, defaultNanPolicy } from "./engine-tensor.js";
import { checkOptions, type NormalizeOptions, normalizeToTensor } from "./normalize.js";
import type { Progress } from "./progress.js";
import { readRegions } from "./read-regions.js";
import { tensorIn, whilePinned } from "./tensor.js";

/** How pictures of normalized data are made. */
export interface PicturesRun {
  /** Samples from the first one on that are shown; default 16, at most 256. */
  readonly limit?: number | undefined;
  /** The normalized values that are black and white; `each`: the least and the largest of each picture. Default `[-3, 3]`. */
  readonly range?: readonly [number, number] | "each" | undefined;
  /** Whether pictures that are there may be replaced; default false. */
  readonly overwrite?: boolean | undefined;
  /** Stops it with an error of kind `aborted`; nothing is left. */
  readonly signal?: AbortSignal | undefined;
  /** As of `computeStatistics`, while statistics are taken. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** What was drawn. */
export interface PicturesResult {
  /** The folder, as it was named. */
  readonly output: string;
  /** How many samples. */
  readonly pictures: number;
  /** Of each picture, in pixels. */
  readonly width: number;
  /** Of each picture, in pixels. */
  readonly height: number;
  /** Planes beside each other in a picture: 1, unless there are neither one nor three channels. */
  readonly planes: number;
  /** What was shared: `batch` also where running averages were given. */
  readonly norm: Norm;
  /** The values that are black and white. */
  readonly range: readonly [number, number] | "each";
  /** Values beyond that range, which are drawn as its ends. */
  readonly clipped: number;
  /** Values that are not finite, which are black. */
  readonly nonFinite: number;
}

const DEFAULT_LIMIT = 16;
const MOST_PICTURES = 256;
/** Planes beside each other. */
const MOST_PLANES = 64;
const DEFAULT_RANGE = [-3, 3] as const;

/**
 * Normalizes the first samples of images and draws them into a folder of PNG files, to look at. Statistics are those of all samples.
 * @throws NormstreamError as `normalizeToFile` does; of kind `usage` too for planes that are no pictures, for batches of a size, and where
 * sharp is not installed
 */
export async function normalizeToPictures(
  source: StoredTensor,
  engine: Engine,
  path: string,
  options: NormalizeOptions,
  run: PicturesRun = {},
): Promise<PicturesResult> {
  assertTensor(source);
  assertOptions(options);
  assertOptions(run, "options of the run");
  assertSignal(run.signal);
  throwIfAborted(run.signal);
  checkOptions(source, options);
  const geometry = geometryOf(source.shape, source.layout);
  checkPictures(source, geometry, options, run);
  assertReachable(source, engine);
  return await whilePinned([source], () => picturesOf(source, engine, path, { geometry, options, run }));
}

interface Work {
  readonly geometry: Geometry;
  readonly options: NormalizeOptions;
  readonly run: PicturesRun;
}

async function picturesOf(
  source: StoredTensor,
  engine: Engine,
  path: string,
  { geometry, options, run }: Work,
): Promise<PicturesResult> {
  const { limit = DEFAULT_LIMIT, range = DEFAULT_RANGE, overwrite, signal, onProgress } = run;
  const { by, outDType: _, nan = defaultNanPolicy(source), ...rest } = options;
  const shape = pictureShape(geometry);
  const count = Math.min(limit, geometry.samples);
  const norm = typeof by === "string" ? by : "norm" in by ? by.norm : "batch";
  const found = { clipped: 0, nonFinite: 0 };

  async function* pictures(): AsyncGenerator<Picture> {
    using statistics = by === "batch" ? await statisticsOf(source, engine, { nan, keepTable: false, signal, onProgress }) : null;
    const given = statistics ? statistics.batchNorm() : by;
    for await (const { region, values } of readRegions(source, samplesOf(geometry, count), engine, signal)) {
      const sampleShape = [1, geometry.channels, ...geometry.spatial];
      using sample = tensorIn(engine, sampleShape, "float64", { layout: "NCHW", data: values });
      using normalized = await normalizeToTensor(sample, engine, { ...rest, by: given, nan }, { signal });
      const bytes = drawn(normalized.data as Float64Array, shape, range, found);
      yield { name: String(region.sample).padStart(6, "0"), ...shape, bytes };
    }
  }
  const about = { schema: "normstream/look/1", input: source.name, norm, samples: count, range, ...shape };
  const { count: written } = await writePictures(path, pictures(), {
    ...{ about, overwrite, signal },
    input: source.storage.kind === "memory" ? undefined : source.storage.path,
  });
  const { width, height, planes } = shape;
  return { output: path, pictures: written, width, height, planes, norm, range, ...found };
}

function checkPictures(
  { name, layout }: StoredTensor,
  { channels, spatial }: Geometry,
  options: NormalizeOptions,
  run: PicturesRun,
): void {
  const { limit, range } = run;
  if (spatial.length !== 2 || (channels !== 3 && channels > MOST_PLANES)) {
    throw usageError("is drawn as no picture", {
      file: name,
      expected: `planes of height and width, and at most ${MOST_PLANES} channels`,
      found: `${layout} of ${channels} channels`,
    });
  }
  if (options.batchSize !== undefined)
    throw usageError("pictures of batches of a size are not drawn", { hint: "Leave out the batch size." });
  if (limit !== undefined) {
    assertCount(limit, "pictures");
    if (limit > MOST_PICTURES) throw usageError(`${limit} pictures`, { expected: `at most ${MOST_PICTURES}` });
  }
  if (range === undefined || range === "each") return;
  if (!Array.isArray(range) || !range.every(Number.isFinite) || !(range[0] < range[1])) {
    throw usageError("the range of the pictures", { expected: "two numbers, the first one below the second, or each" });
  }
}

interface PictureShape {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** Grey planes that stand beside each other. */
  readonly planes: number;
}

/** One channel is grey, three are RGB; others stand beside each other. */
function pictureShape({ channels, spatial }: Geometry): PictureShape {
  const [height, width] = spatial as readonly [number, number];
  const planes = channels === 3 ? 1 : channels;
  return { width: width * planes, height, channels: channels === 3 ? 3 : 1, planes };
}

function* samplesOf({ channels, planeSize }: Geometry, count: number): Generator<Region> {
  for (let sample = 0; sample < count; sample++) {
    yield { sample, sampleEnd: sample + 1, channel: 0, channelEnd: channels, position: 0, positionEnd: planeSize };
  }
}

/**
 * Normalized values as a picture of 8 bits.
 * @param values `[C, H, W]`, not mutated. @param found counts what is not drawn as it is
 */
function drawn(
  values: Float64Array,
  { width, channels, planes }: PictureShape,
  range: readonly [number, number] | "each",
  found: { clipped: number; nonFinite: number },
): Uint8Array {
  const [low, high] = range === "each" ? boundsOf(values) : range;
  const bytes = new Uint8Array(values.length);
  const plane = values.length / (channels * planes);
  const planeWidth = width / planes;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const c = Math.floor(i / plane);
    const j = i - c * plane;
    const row = Math.floor(j / planeWidth);
    const at = channels === 3 ? j * 3 + c : row * width + c * planeWidth + (j - row * planeWidth);
    if (!Number.isFinite(value)) {
      found.nonFinite++;
      continue;
    }
    if (value < low || value > high) found.clipped++;
    bytes[at] = high > low ? Math.round(Math.min(1, Math.max(0, (value - low) / (high - low))) * 255) : 128;
  }
  return bytes;
}

/** The least and the largest finite value. */
function boundsOf(values: Float64Array): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
