import { extname } from "node:path";
import { readSafetensorsMetadata, readVector } from "@normstream/formats";
import { finishRows, type Moments } from "@normstream/moments";
import { mergeTables, type Progress, type StatisticsFacts } from "@normstream/pipeline";
import { DTYPES, dataError, geometryOf, LAYOUTS, usageError } from "@normstream/tensor";
import { RUNNING_SCHEMA } from "./statistics-file.js";
import { readSummary } from "./summary-file.js";

/** What a file of `stats` says, whichever of the three it is: moments over all samples, one a channel. */
export interface StoredStatistics {
  readonly facts: Pick<StatisticsFacts, "input" | "shape" | "dtype" | "layout" | "totalSamples" | "channelNames">;
  readonly samples: number;
  readonly moments: Moments;
  /** Null where it is not known. */
  readonly digest: string | null;
}

/**
 * Reads what `stats -o` wrote: a table (`.npz`), which is held against its digest, or a summary (`.json`, `.safetensors`).
 * @throws NormstreamError: `data` where it is no such file or damaged, `usage` for statistics of another norm than batch norm, `io`
 */
export async function readStatistics(
  path: string,
  options: { signal: AbortSignal; onProgress?: ((progress: Progress) => void) | undefined },
): Promise<StoredStatistics> {
  switch (extname(path).toLowerCase()) {
    case ".npz": {
      using statistics = await mergeTables([path], { keepTable: false, ...options });
      const { facts, samples, moments, digest } = statistics;
      return { facts, samples, moments, digest };
    }
    case ".json": {
      const { input, shape, dtype, layout, samples, rows, nan, channelNames, digest } = await readSummary(path);
      const facts = { input, shape, dtype, layout, totalSamples: shape[0] ?? samples, channelNames };
      return { facts, samples, moments: finishRows(rows, nan ?? "propagate"), digest };
    }
    case ".safetensors":
      return readRunning(path, options.signal);
    default:
      throw usageError("holds no statistics", {
        file: path,
        expected: "a file that stats wrote: .npz, .json or .safetensors",
        found: extname(path) || "none",
        hint: `Write one first: normstream stats ${path} -o FILE.npz.`,
      });
  }
}

/** A `.safetensors` file holds mean and variance; its metadata say of what, and of how many values. */
async function readRunning(path: string, signal: AbortSignal): Promise<StoredStatistics> {
  const metadata = Object.fromEntries(await readSafetensorsMetadata(path));
  if (metadata.schema !== RUNNING_SCHEMA) {
    throw dataError("holds no statistics", {
      file: path,
      expected: "the metadata that stats writes",
      hint: "Write it with normstream stats INPUT -o FILE.safetensors.",
    });
  }
  const wrong = (key: string) =>
    dataError(`"${key}" of its metadata is wrong`, {
      file: path,
      hint: "Write it again with normstream stats INPUT -o FILE.safetensors.",
    });
  const shape = listOf(metadata.shape);
  const count = listOf(metadata.count);
  const samples = Number(metadata.samples);
  const dtype = DTYPES.find((known) => known === metadata.dtype);
  const layout = LAYOUTS.find((known) => known === metadata.layout);
  if (metadata.input === undefined) throw wrong("input");
  if (!Number.isSafeInteger(samples) || samples < 0) throw wrong("samples");
  if (dtype === undefined) throw wrong("dtype");
  if (layout === undefined) throw wrong("layout");
  if (shape?.length !== layout.length) throw wrong("shape");
  const { channels, planeSize } = geometryOf(shape, layout);
  if (count?.length !== channels) throw wrong("count");
  const mean = await readVector(path, { select: "running_mean", signal });
  const unbiased = await readVector(path, { select: "running_var", signal });
  if (mean.length !== channels || unbiased.length !== channels) {
    throw dataError(`running_mean and running_var do not have ${channels} channels`, { file: path });
  }
  const counts = Float64Array.from(count);
  const m2 = unbiased.map((variance, c) => variance * ((counts[c] as number) - 1));
  const none = new Float64Array(channels);
  const moments: Moments = {
    count: counts,
    mean,
    m2,
    variance: m2.map((sum, c) => sum / (counts[c] as number)),
    // Extremes are not in the file; infinities are counted as NaN.
    min: none.map(() => Infinity),
    max: none.map(() => -Infinity),
    // Of planes that vary in size it is not known how many values there were.
    nan: counts.map((values) => (planeSize === 0 ? 0 : samples * planeSize - values)),
    posInf: none,
    negInf: none,
  };
  const facts = { input: metadata.input, shape, dtype, layout, totalSamples: shape[0] as number };
  return { facts, samples, moments, digest: metadata.digest ?? null };
}

/** A list of whole numbers in JSON; undefined for anything else. */
function listOf(text: string | undefined): number[] | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0) ? value : undefined;
  } catch {
    return undefined;
  }
}
