import type { DType } from "@normstream/tensor";

/** Blocks that one SHA-256 and one checkpoint cover (rule 12). */
export const PANEL = 256;

/** The name of these rules; it stands in every digest and every stored table. */
export const TABLE_FORMAT = "normstream/table/1";

/** What a table of moments is a table of. */
export interface TableShape {
  /** Of the data; the table itself is float64. */
  readonly dtype: DType;
  /** N */
  readonly samples: number;
  /** C */
  readonly channels: number;
  /** S, values of a plane; 0 where sizes vary. */
  readonly planeSize: number;
  /** R, samples of a row. */
  readonly grain: number;
  /** B, the batch size that blocks restart at; 0 where R = 1 or none was given. */
  readonly batchSize: number;
}

/** R (rule 2): 1 where S ≥ 256, sizes vary (S = 0), or per-instance rows are asked for; else 2^ceil(log2(4096 / S)). */
export function grainOf(planeSize: number, perInstance: boolean): number {
  if (perInstance || planeSize >= 256 || planeSize === 0) return 1;
  return 2 ** Math.ceil(Math.log2(4096 / planeSize));
}

/**
 * The shape of the table that a pass over a tensor makes.
 * @param options.batchSize a statistic over B samples is wanted: blocks restart at each batch
 */
export function tableShape(
  dtype: DType,
  samples: number,
  channels: number,
  planeSize: number,
  options: { perInstance?: boolean; batchSize?: number | undefined } = {},
): TableShape {
  const grain = grainOf(planeSize, options.perInstance ?? false);
  return { dtype, samples, channels, planeSize, grain, batchSize: grain === 1 ? 0 : (options.batchSize ?? 0) };
}

/** Blocks (rows along N) of a table. */
export function blockCount({ samples, grain, batchSize }: TableShape): number {
  if (batchSize === 0) return Math.ceil(samples / grain);
  const whole = Math.floor(samples / batchSize);
  return whole * Math.ceil(batchSize / grain) + Math.ceil((samples - whole * batchSize) / grain);
}

/** First sample of block b; for b = blockCount, the number of samples. */
export function blockStart({ samples, grain, batchSize }: TableShape, block: number): number {
  if (batchSize === 0) return Math.min(samples, block * grain);
  const perBatch = Math.ceil(batchSize / grain);
  const batch = Math.floor(block / perBatch);
  return Math.min(samples, batch * batchSize + Math.min(batchSize, (block - batch * perBatch) * grain));
}

/** The text that ends what a digest hashes (rule 13). */
export const digestText = (t: TableShape): string =>
  `${TABLE_FORMAT} ${t.dtype} ${t.samples} ${t.channels} ${t.planeSize} ${t.grain} ${t.batchSize}`;
