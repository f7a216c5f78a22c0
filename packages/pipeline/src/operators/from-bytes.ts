import { type DType, dataError, type Layout } from "@normstream/tensor";
import { Observable } from "rxjs";
import { engineOf, type Pool } from "../pool.js";
import { type Tensor, tensorIn } from "../tensor.js";
import { fromTensors, type Pulled, type PullOptions } from "./from-tensors.js";

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
 * copied once, into the memory that is computed on. Pulled as `fromTensors` is.
 * @throws (as the stream's error) NormstreamError of kind `data` where the bytes end inside a sample
 */
export function fromBytes(source: Pulled<Uint8Array>, options: BytesOptions): Observable<Tensor> {
  return new Observable<Tensor>((subscriber) => fromTensors(tensorsOf(source, options), options).subscribe(subscriber));
}

async function* tensorsOf(source: Pulled<Uint8Array>, options: BytesOptions): AsyncGenerator<Tensor> {
  const { shape, dtype, layout, pool } = options;
  const engine = engineOf(pool);
  const make = (samples: number) => tensorIn(engine, [samples, ...shape.slice(1)], dtype, layout ? { layout } : {});
  const bytesOf = (x: Tensor) => new Uint8Array(x.data.buffer, x.data.byteOffset, x.byteLength);
  let x: Tensor | null = null;
  let filled = 0;
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      for (let at = 0; at < chunk.length; ) {
        x ??= make(shape[0] as number);
        const part = chunk.subarray(at, at + x.byteLength - filled);
        bytesOf(x).set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled === x.byteLength) {
          const whole: Tensor = x;
          x = null;
          filled = 0;
          yield whole;
        }
      }
    }
    if (!x) return;
    const sampleBytes = x.byteLength / (shape[0] as number);
    if (filled % sampleBytes !== 0) {
      throw dataError(`the bytes end inside a sample`, {
        expected: `a multiple of ${sampleBytes} bytes`,
        found: `${filled % sampleBytes} bytes of the last one`,
      });
    }
    const rest = make(filled / sampleBytes);
    bytesOf(rest).set(bytesOf(x).subarray(0, filled));
    yield rest;
  } finally {
    x?.[Symbol.dispose]();
  }
}
