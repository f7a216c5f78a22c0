import {
  type DType,
  defaultLayout,
  elementCount,
  formatShape,
  geometryOf,
  itemSize,
  type Layout,
  type MemoryStorage,
  type StoredTensor,
  usageError,
} from "@normstream/tensor";
import type { Engine } from "./engine.js";
import type { Heap } from "./heap.js";

/** Typed array of a tensor's elements; float16 and bfloat16 appear as their 16 bits. */
export type TensorData = Float64Array | Float32Array | Uint16Array | Int32Array | Int16Array | Int8Array | Uint8Array;

const VIEW = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int32: Int32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
} as const;

/**
 * A tensor in a pool's shared memory, made by `tensor` or `loadTensor`. Fill it through `data`; every thread of that pool computes on it in
 * place. Its memory is given back by `[Symbol.dispose]()`, and by nothing else: not by the garbage collector.
 */
export interface Tensor extends StoredTensor<MemoryStorage>, Disposable {
  /** What `TensorSource` calls the container. */
  readonly format: "memory";
  /** Bytes of all elements. */
  readonly byteLength: number;
  /**
   * The elements, in C order of `shape`: a view of shared memory, not a copy. Its content is undefined until it is written.
   * @throws NormstreamError of kind `usage` after dispose.
   */
  readonly data: TensorData;
}

/** A tensor, and the heap that its elements are a range of. */
class HeapTensor implements Tensor {
  readonly name = "tensor";
  readonly format = "memory";
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly layout: Layout;
  readonly order = "C";
  readonly bigEndian = false;
  readonly byteLength: number;
  readonly heap: Heap;
  readonly #pointer: number;
  readonly #callbacks: (() => void)[] = [];
  #disposed = false;

  constructor(heap: Heap, shape: readonly number[], dtype: DType, layout: Layout) {
    geometryOf(shape, layout);
    this.shape = [...shape];
    this.dtype = dtype;
    this.layout = layout;
    this.heap = heap;
    this.byteLength = elementCount(shape) * itemSize(dtype);
    this.#pointer = heap.allocate(this.byteLength);
  }

  get storage(): MemoryStorage {
    if (this.#disposed) throw usageError(`a tensor of shape ${formatShape(this.shape)} is used after it was disposed`);
    return { kind: "memory", byteOffset: this.#pointer };
  }

  get data(): TensorData {
    const { byteOffset } = this.storage;
    return new VIEW[this.dtype](this.heap.memory.buffer, byteOffset, this.byteLength / itemSize(this.dtype));
  }

  /** Gives its memory back. Views of `data` must not be used after it. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.heap.free(this.#pointer);
    for (const callback of this.#callbacks) callback();
  }

  /** Calls back when it is disposed of. */
  onDispose(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  /** The callbacks that streams gave it, which are not called any more. */
  takeCallbacks(): (() => void)[] {
    return this.#callbacks.splice(0);
  }
}

/** Calls back when a tensor is disposed of: a stream's next one may come then. */
export function whenDisposed(x: Tensor, callback: () => void): void {
  (x as HeapTensor | SampleTensor).onDispose(callback);
}

/** Disposes of a tensor in whose place another one has come: who waits for the first waits for the other from now on. */
export function replaceBy(x: Tensor, by: Tensor): void {
  for (const callback of (x as HeapTensor | SampleTensor).takeCallbacks()) whenDisposed(by, callback);
  x[Symbol.dispose]();
}

/** Some samples of a tensor, as a tensor that shares its memory. */
class SampleTensor implements Tensor {
  readonly name = "tensor";
  readonly format = "memory";
  readonly shape: readonly number[];
  readonly byteLength: number;
  readonly order = "C";
  readonly bigEndian = false;
  readonly #whole: HeapTensor;
  readonly #offset: number;
  readonly #callbacks: (() => void)[] = [];
  #disposed = false;

  readonly #release: () => void;

  /** @param release called when it is disposed of */
  constructor(whole: HeapTensor, first: number, end: number, release: () => void) {
    const [samples, ...rest] = whole.shape as [number, ...number[]];
    const sampleBytes = whole.byteLength / samples;
    this.#whole = whole;
    this.#release = release;
    this.#offset = first * sampleBytes;
    this.shape = [end - first, ...rest];
    this.byteLength = (end - first) * sampleBytes;
  }

  get dtype(): DType {
    return this.#whole.dtype;
  }
  get layout(): Layout {
    return this.#whole.layout;
  }
  get heap(): Heap {
    return this.#whole.heap;
  }
  get storage(): MemoryStorage {
    if (this.#disposed) throw usageError(`a tensor of shape ${formatShape(this.shape)} is used after it was disposed`);
    return { kind: "memory", byteOffset: this.#whole.storage.byteOffset + this.#offset };
  }
  get data(): TensorData {
    const { byteOffset } = this.storage;
    return new VIEW[this.dtype](this.heap.memory.buffer, byteOffset, this.byteLength / itemSize(this.dtype));
  }
  onDispose(callback: () => void): void {
    this.#callbacks.push(callback);
  }
  takeCallbacks(): (() => void)[] {
    return this.#callbacks.splice(0);
  }
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#release();
    for (const callback of this.#callbacks) callback();
  }
}

/**
 * Cuts a tensor along N, without a copy. The parts own it from then on: it is disposed of with the last of them.
 * @param samples of each part; the last one may hold fewer
 */
export function partsOf(x: Tensor, samples: number): Tensor[] {
  if (x instanceof SampleTensor || !(x instanceof HeapTensor)) throw usageError("a part of a tensor cannot be cut again");
  const all = x.shape[0] as number;
  const parts: Tensor[] = [];
  let left = Math.ceil(all / samples);
  for (let first = 0; first < all; first += samples) {
    const release = () => {
      if (--left === 0) x[Symbol.dispose]();
    };
    parts.push(new SampleTensor(x, first, Math.min(all, first + samples), release));
  }
  return parts;
}

/** The heap that a tensor lives in; undefined for what is no tensor in memory. */
export const heapOf = (x: StoredTensor): Heap | undefined => (x as Partial<HeapTensor>).heap;

/**
 * The same elements under another shape: a view that is valid while `x` is, and need not be disposed of.
 * @throws NormstreamError of kind `usage` in Fortran order, where the last axes' elements do not stand together.
 */
export function reshaped<T extends StoredTensor>(x: T, shape: readonly number[], layout: Layout): T {
  if (x.order === "F") throw usageError("a tensor in Fortran order cannot be viewed under another shape", { file: x.name });
  return new Proxy(x, {
    get(target, key) {
      if (key === "shape") return shape;
      if (key === "layout") return layout;
      if (key === Symbol.dispose) return () => {};
      return Reflect.get(target, key, target);
    },
  });
}

/**
 * Makes a tensor in an engine's shared memory.
 * @param shape extents in the order of the layout
 * @param options.layout default by rank: NC, NCL, NCHW, NCDHW
 * @param options.data elements to copy in, in C order (float16 and bfloat16 as their bits)
 * @throws NormstreamError of kind `usage` where layout and shape disagree, `data` has another length, or 4 GiB are exceeded.
 */
export function tensorIn(
  engine: Pick<Engine, "heap">,
  shape: readonly number[],
  dtype: DType,
  options: { layout?: Layout; data?: ArrayLike<number> } = {},
): Tensor {
  const made = new HeapTensor(engine.heap, shape, dtype, options.layout ?? defaultLayout(shape));
  if (options.data) {
    const { data } = made;
    if (options.data.length !== data.length) {
      made[Symbol.dispose]();
      throw usageError(`data of ${options.data.length} elements for shape ${formatShape(shape)}`, {
        expected: `${data.length} elements`,
      });
    }
    data.set(options.data);
  }
  return made;
}
