import {
  type DType,
  dataError,
  defaultLayout,
  elementCount,
  geometryOf,
  itemSize,
  type Layout,
  usageError,
} from "@normstream/tensor";
import type { Observable } from "rxjs";
import { assertDType, assertLayout, assertOptions, assertShape, kindOf } from "../arguments.js";
import type { Engine } from "../engine.js";
import { engineOf, type Pool } from "../pool.js";
import { type Pulled, type Puller, pullerOf } from "../pulled.js";
import { type Tensor, tensorIn } from "../tensor.js";
import { type PullOptions, pulled } from "./from-tensors.js";

/** What the bytes are, and how their source is pulled. */
export interface BytesOptions extends PullOptions {
  /** Of the elements, little-endian. */
  readonly dtype: DType;
  /** Shape of each tensor, N first. The last one holds fewer samples where the bytes end. */
  readonly shape: readonly number[];
  /** Default by rank: NC, NCL, NCHW, NCDHW. */
  readonly layout?: Layout;
  /** The pool in whose memory the tensors live; default that of calls that name none. */
  readonly pool?: Pool;
}

/**
 * Tensors out of a stream of bytes (a socket, a pipe): elements in C order, little-endian, put together to tensors of one shape. Bytes are
 * copied once, into the memory that is computed on. Pulled as `fromTensors` is: what is not whole when nobody wants more is given back
 * at once, also where the source gives nothing any more.
 * @throws NormstreamError of kind `usage` for options that cannot be; as the stream's error, with `details.batch`, `data` where the bytes
 *   end inside a sample, `usage` where the source gives other things than bytes
 */
export function fromBytes(source: Pulled<Uint8Array>, options: BytesOptions): Observable<Tensor> {
  assertOptions(options, "options of fromBytes");
  const { shape, dtype, pool } = options;
  assertShape(shape);
  assertDType(dtype);
  const { layout = defaultLayout(shape) } = options;
  assertLayout(layout);
  geometryOf(shape, layout);
  if (elementCount(shape) === 0) throw usageError("tensors without elements", { expected: "extents of 1 or more" });
  const engine = engineOf(pool);
  return pulled(() => new TensorAssembler(pullerOf(source), engine, shape, dtype, layout), options);
}

/** Puts bytes together to tensors, one at a time. */
class TensorAssembler implements Puller<Tensor> {
  readonly #source: Puller<Uint8Array>;
  readonly #make: (samples: number) => Tensor;
  readonly #samples: number;
  readonly #sampleBytes: number;
  /** What came and was not taken yet. */
  #rest: Uint8Array = new Uint8Array();
  /** What is not full yet. */
  #open: Tensor | null = null;
  #filled = 0;
  #isStopped = false;

  constructor(source: Puller<Uint8Array>, engine: Engine, shape: readonly number[], dtype: DType, layout: Layout) {
    const [samples, ...rest] = shape as [number, ...number[]];
    this.#source = source;
    this.#make = (count) => tensorIn(engine, [count, ...rest], dtype, { layout });
    this.#samples = samples;
    this.#sampleBytes = elementCount(rest) * itemSize(dtype);
  }

  async next(): Promise<IteratorResult<Tensor, unknown>> {
    while (true) {
      const whole = this.#take();
      if (whole) return { done: false, value: whole };
      const step = await this.#source.next();
      if (this.#isStopped) return { done: true, value: undefined };
      if (step.done) return this.#end();
      this.#rest = bytesIn(step.value);
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#source.stop();
    this.#close();
  }

  /** Moves bytes to where they are computed on. @returns a tensor that is full */
  #take(): Tensor | null {
    if (this.#rest.length === 0) return null;
    this.#open ??= this.#make(this.#samples);
    const x = this.#open;
    const part = this.#rest.subarray(0, x.byteLength - this.#filled);
    bytesOf(x).set(part, this.#filled);
    this.#filled += part.length;
    this.#rest = this.#rest.subarray(part.length);
    if (this.#filled < x.byteLength) return null;
    this.#open = null;
    this.#filled = 0;
    return x;
  }

  /** What is left when the bytes end: whole samples. */
  #end(): IteratorResult<Tensor, unknown> {
    if (this.#filled === 0) return { done: true, value: undefined };
    const over = this.#filled % this.#sampleBytes;
    if (over !== 0) {
      throw dataError("the bytes end inside a sample", {
        expected: `a multiple of ${this.#sampleBytes} bytes`,
        found: `${over} bytes of the last one`,
      });
    }
    const last = this.#make(this.#filled / this.#sampleBytes);
    bytesOf(last).set(bytesOf(this.#open as Tensor).subarray(0, this.#filled));
    this.#close();
    return { done: false, value: last };
  }

  #close(): void {
    this.#open?.[Symbol.dispose]();
    this.#open = null;
    this.#filled = 0;
  }
}

const bytesOf = (x: Tensor): Uint8Array => new Uint8Array(x.data.buffer, x.data.byteOffset, x.byteLength);

/** A chunk as bytes. @throws NormstreamError of kind `usage` for what is none: text that was decoded, objects */
function bytesIn(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw usageError("the source gave what is no bytes", {
    expected: "Uint8Array",
    found: kindOf(chunk),
    hint: typeof chunk === "string" ? "Read it without an encoding." : undefined,
  });
}
