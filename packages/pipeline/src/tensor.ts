import { elementReader, elementWriter } from "@normstream/moments";
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
import { assertDType, assertLayout, assertNumbers, assertOptions, assertShape, kindOf } from "./arguments.js";
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

/** Values of a tensor that a console shows. */
const MOST_SHOWN = 12;

/**
 * A tensor whose memory is given back when it is disposed of, but not while a pass computes on it: what a caller disposes of too
 * early (a `using` that ends before the promise does) is kept until the pass is done, so that nobody else gets that memory meanwhile.
 */
abstract class ManagedTensor implements Tensor {
  readonly name = "tensor";
  readonly format = "memory";
  readonly order = "C";
  readonly bigEndian = false;
  abstract readonly shape: readonly number[];
  abstract readonly dtype: DType;
  abstract readonly layout: Layout;
  abstract readonly byteLength: number;
  abstract readonly heap: Heap;
  readonly #callbacks: (() => void)[] = [];
  #pins = 0;
  #disposed = false;

  /** Where its elements begin in the heap. */
  protected abstract readonly pointer: number;
  /** Gives the memory back. */
  protected abstract release(): void;

  get storage(): MemoryStorage {
    if (this.#disposed && this.#pins === 0) throw this.#usedAfterDispose();
    return { kind: "memory", byteOffset: this.pointer };
  }

  get data(): TensorData {
    if (this.#disposed) throw this.#usedAfterDispose();
    return new VIEW[this.dtype](this.heap.memory.buffer, this.pointer, this.byteLength / itemSize(this.dtype));
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** Gives its memory back. Views of `data` must not be used after it. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#pins === 0) this.#free();
  }

  /** Keeps the memory until `unpin`. @throws NormstreamError of kind `usage` where it was given back */
  pin(): void {
    if (this.#disposed && this.#pins === 0) throw this.#usedAfterDispose();
    this.#pins++;
  }

  unpin(): void {
    if (--this.#pins === 0 && this.#disposed) this.#free();
  }

  /** Calls back when its memory is given back. */
  onDispose(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  /** The callbacks that streams gave it, which are not called any more. */
  takeCallbacks(): (() => void)[] {
    return this.#callbacks.splice(0);
  }

  /** What Node's console shows: `Tensor [2, 3] float32 NC: 1 2 3 4 5 6`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const what = `Tensor ${formatShape(this.shape)} ${this.dtype} ${this.layout}`;
    return this.#disposed ? `${what}: disposed` : `${what}: ${this.#firstValues()}`;
  }

  #firstValues(): string {
    const { buffer, byteOffset, byteLength } = this.data;
    const view = new DataView(buffer, byteOffset, byteLength);
    const [read, size] = [elementReader(this.dtype), itemSize(this.dtype)];
    const count = byteLength / size;
    const shown = Array.from({ length: Math.min(count, MOST_SHOWN) }, (_, i) => String(read(view, i * size)));
    if (count > MOST_SHOWN) shown.push(`… (${count} in all)`);
    return shown.join(" ");
  }

  #free(): void {
    this.release();
    for (const callback of this.takeCallbacks()) callback();
  }

  #usedAfterDispose(): Error {
    return usageError(`a tensor of shape ${formatShape(this.shape)} is used after it was disposed`);
  }
}

/** A tensor, and the heap that its elements are a range of. */
class HeapTensor extends ManagedTensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly layout: Layout;
  readonly byteLength: number;
  readonly heap: Heap;
  protected readonly pointer: number;

  constructor(heap: Heap, shape: readonly number[], dtype: DType, layout: Layout) {
    super();
    geometryOf(shape, layout);
    this.shape = [...shape];
    this.dtype = dtype;
    this.layout = layout;
    this.heap = heap;
    this.byteLength = elementCount(shape) * itemSize(dtype);
    this.pointer = heap.allocate(this.byteLength);
  }

  protected release(): void {
    this.heap.free(this.pointer);
  }
}

/** Some samples of a tensor, as a tensor that shares its memory. */
class SampleTensor extends ManagedTensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly layout: Layout;
  readonly byteLength: number;
  readonly heap: Heap;
  protected readonly pointer: number;
  readonly #whole: WholeOfParts;

  constructor(whole: WholeOfParts, first: number, end: number) {
    super();
    const { x } = whole;
    const [samples, ...rest] = x.shape as [number, ...number[]];
    const sampleBytes = x.byteLength / samples;
    this.#whole = whole;
    this.dtype = x.dtype;
    this.layout = x.layout;
    this.heap = x.heap;
    this.pointer = x.storage.byteOffset + first * sampleBytes;
    this.shape = [end - first, ...rest];
    this.byteLength = (end - first) * sampleBytes;
  }

  protected release(): void {
    if (--this.#whole.left === 0) this.#whole.x[Symbol.dispose]();
  }
}

/** A tensor that was cut, and how many of its parts are still there. */
interface WholeOfParts {
  readonly x: HeapTensor;
  left: number;
}

/** Whether a value is a tensor of ours in memory, as streams hand them on. */
export const isMemoryTensor = (value: unknown): value is Tensor => value instanceof ManagedTensor;

/** @throws NormstreamError of kind `usage` for what is no tensor in memory: a file's, or none at all */
export function assertMemoryTensor(value: unknown, name: string): asserts value is Tensor {
  if (isMemoryTensor(value)) return;
  const isFile = typeof value === "object" && value !== null && "storage" in value;
  throw usageError(`${name} is ${isFile ? "not in memory" : "no tensor"}`, {
    expected: "what tensor or loadTensor gives",
    found: isFile ? "a tensor in a file" : kindOf(value),
    hint: isFile ? "Read it with loadTensor." : undefined,
  });
}

/** Whether a tensor was disposed of. */
export const isDisposed = (x: Tensor): boolean => (x as ManagedTensor).isDisposed;

/** Calls back when a tensor's memory is given back: a stream's next one may come then. */
export function whenDisposed(x: Tensor, callback: () => void): void {
  (x as ManagedTensor).onDispose(callback);
}

/** Disposes of a tensor in whose place another one has come: who waits for the first waits for the other from now on. */
export function replaceBy(x: Tensor, by: Tensor): void {
  for (const callback of (x as ManagedTensor).takeCallbacks()) whenDisposed(by, callback);
  x[Symbol.dispose]();
}

/**
 * Runs a pass over tensors, whose memory stays theirs until it is done, whatever becomes of them meanwhile.
 * @param tensors those that are in no memory of ours are left as they are
 * @throws NormstreamError of kind `usage` for a tensor that was disposed of before
 */
export async function whilePinned<T>(tensors: readonly (StoredTensor | undefined)[], run: () => Promise<T>): Promise<T> {
  const pinned: ManagedTensor[] = [];
  try {
    for (const x of tensors) {
      if (!(x instanceof ManagedTensor)) continue;
      x.pin();
      pinned.push(x);
    }
    return await run();
  } finally {
    for (const x of pinned) x.unpin();
  }
}

/**
 * Cuts a tensor along N, without a copy. The parts own it from then on: it is disposed of with the last of them.
 * @param samples of each part; the last one may hold fewer
 */
export function partsOf(x: Tensor, samples: number): Tensor[] {
  if (!(x instanceof HeapTensor)) throw usageError("a part of a tensor cannot be cut again");
  const all = x.shape[0] as number;
  const whole = { x, left: Math.ceil(all / samples) };
  if (whole.left === 0) x[Symbol.dispose]();
  return Array.from({ length: whole.left }, (_, i) => new SampleTensor(whole, i * samples, Math.min(all, (i + 1) * samples)));
}

/** The heap that a tensor lives in; undefined for what is no tensor in memory. */
export const heapOf = (x: StoredTensor): Heap | undefined => (x as Partial<ManagedTensor>).heap;

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
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/**
 * Makes a tensor in an engine's shared memory.
 * @param shape extents in the order of the layout
 * @param options.layout default by rank: NC, NCL, NCHW, NCDHW
 * @param options.data elements to copy in, in C order; for float16 and bfloat16 numbers are rounded, and a Uint16Array holds their bits
 * @throws NormstreamError of kind `usage` where layout and shape disagree, `data` has another length or holds other things than
 *   numbers, or 4 GiB are exceeded.
 */
export function tensorIn(
  engine: Pick<Engine, "heap">,
  shape: readonly number[],
  dtype: DType,
  options: { layout?: Layout | undefined; data?: ArrayLike<number> | undefined } = {},
): Tensor {
  assertOptions(options, "options of a tensor");
  assertShape(shape);
  assertDType(dtype);
  const { layout = defaultLayout(shape), data } = options;
  assertLayout(layout);
  if (data !== undefined) assertNumbers(data, "data");
  const made = new HeapTensor(engine.heap, shape, dtype, layout);
  if (data) {
    const view = made.data;
    if (data.length !== view.length) {
      made[Symbol.dispose]();
      throw usageError(`data of ${data.length} elements for shape ${formatShape(shape)}`, {
        expected: `${view.length} elements`,
      });
    }
    if ((dtype === "float16" || dtype === "bfloat16") && !(data instanceof Uint16Array)) writeHalves(made, data);
    else view.set(data);
  }
  return made;
}

/** Rounds numbers to a 16-bit float, into a tensor of it. */
function writeHalves(x: Tensor, values: ArrayLike<number>): void {
  const write = elementWriter(x.dtype);
  const bytes = new DataView(x.data.buffer, x.data.byteOffset, x.byteLength);
  for (let i = 0; i < values.length; i++) write(bytes, i * 2, values[i] as number);
}
