import { engineOf, loadTensor as load, type Pool, type Tensor, tensorIn } from "@normstream/pipeline";
import type { DType, Layout, TensorSource } from "@normstream/tensor";

/** What `tensor` takes beside shape and dtype. */
export interface TensorOptions {
  /** Default by rank: NC, NCL, NCHW, NCDHW. */
  readonly layout?: Layout;
  /** Elements to copy in, in C order; float16 and bfloat16 are rounded from numbers, or taken as their bits from a Uint16Array. */
  readonly data?: ArrayLike<number>;
  /** The pool in whose memory it lives, and which alone can compute on it; default that of calls that name no pool. */
  readonly pool?: Pool;
}

/**
 * Makes a tensor in a pool's shared memory: fill `data` (a view, no copy), compute on it with any thread, dispose of it
 * with `using` or `[Symbol.dispose]()`. Its content is undefined until it is written.
 *
 * @param shape extents in the order of the layout
 * @throws NormstreamError of kind `usage` where layout, shape and data disagree, or 4 GiB a pool are exceeded
 */
export function tensor(shape: readonly number[], dtype: DType, options: TensorOptions = {}): Tensor {
  return tensorIn(engineOf(options?.pool), shape, dtype, options);
}

/** Where `loadTensor` reads to. */
export interface LoadOptions {
  /** The pool in whose memory the tensor lives; default that of calls that name no pool. */
  readonly pool?: Pool;
  /** Stops the reading with an error of kind `aborted`. */
  readonly signal?: AbortSignal;
}

/**
 * Reads a tensor from a file into a pool's shared memory, whole, in C order: for what is computed on more than once, such as the input of
 * a layer that learns. A tensor in memory, of another pool too, is copied. The caller disposes of it.
 *
 * @param source what `openTensor` gave, or a tensor
 * @throws NormstreamError of kind `data` or `io` for what reading meets, `usage` where it exceeds the 4 GiB of a pool
 */
export async function loadTensor(source: TensorSource | Tensor, options: LoadOptions = {}): Promise<Tensor> {
  const { pool, signal } = options ?? {};
  return await load(source, engineOf(pool), signal);
}
