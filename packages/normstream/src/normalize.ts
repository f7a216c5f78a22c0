import {
  engineOf,
  type NormalizeOptions,
  type NormalizeResult,
  normalizeToFile,
  normalizeToPictures,
  normalizeToTensor,
  type PicturesRun as PassPicturesRun,
  type NormalizeRun as PassRun,
  type PicturesResult,
  type Pool,
  type Tensor,
} from "@normstream/pipeline";
import type { TensorSource } from "@normstream/tensor";

/** How and where a normalization runs. */
export interface NormalizeRun extends PassRun {
  /** Where to run; default the calling thread. */
  readonly pool?: Pool | undefined;
}

/** How pictures are made, and where. */
export interface PicturesRun extends PassPicturesRun {
  /** Where to run; default the calling thread. */
  readonly pool?: Pool | undefined;
}

/** A normalization that has been described and not run yet. */
export interface Normalization {
  /**
   * Writes the normalized tensor to a file (`.npy`, `.npz`, `.safetensors`, `.parquet` or a `.zarr` folder), in C order, little-endian;
   * with `as: "safetensors"` to a folder of shards with their index. It appears when it is complete; a failed run leaves nothing, and what
   * was there as it was.
   * @throws NormstreamError: `usage` (exists without `overwrite`, is the input, wrong lengths), `data`, `io`, `aborted`
   */
  to(path: string, run?: NormalizeRun): Promise<NormalizeResult>;
  /**
   * Writes into the pool's memory: into `run.into`, which may be the source itself, or a new tensor that the caller disposes of.
   * @throws NormstreamError: `usage` (wrong lengths, a tensor of another pool), `data`, `io`, `aborted`
   */
  toTensor(run?: NormalizeRun & { readonly into?: Tensor }): Promise<Tensor>;
  /**
   * Draws the first samples of images, normalized, into a folder of PNG files with a contact sheet `sheet.png`: to look at. Statistics are
   * those of all samples. One channel is grey, three are RGB, others stand beside each other. Takes the package `sharp`.
   * @throws NormstreamError: `usage` (no planes of height and width, sharp is not installed), `data`, `io`, `aborted`
   */
  toPictures(path: string, run?: PicturesRun): Promise<PicturesResult>;
}

/**
 * Describes the normalization `y = weight · (x − mean) / sqrt(variance + eps) + bias` of a tensor, computed within
 * 1e-6 · max(1, |y|) of float64. The variance is the biased one, as in PyTorch.
 *
 * @param source `[N, …]` tensor in any layout, not mutated
 */
export function normalize(source: TensorSource | Tensor, options: NormalizeOptions): Normalization {
  return {
    to: (path, run = {}) => normalizeToFile(source, engineOf(run?.pool), path, options, run),
    toTensor: (run = {}) => normalizeToTensor(source, engineOf(run?.pool), options, run),
    toPictures: (path, run = {}) => normalizeToPictures(source, engineOf(run?.pool), path, options, run),
  };
}
