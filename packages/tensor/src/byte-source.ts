/**
 * Bytes that can be read at any position: a file, later an object behind HTTP or S3.
 * `read` fills `target` from its start and gives how many bytes it wrote: fewer than asked only at the end.
 * A source on a local disk answers at once, others with a promise: callers await only what is a promise.
 */
export interface ByteSource extends Disposable {
  /** What to call it in a message: a path or URL. */
  readonly name: string;
  readonly byteLength: number;
  read(target: Uint8Array, position: number): number | Promise<number>;
  /** Says that these bytes will be read soon, from the first to the last, so that a far place can send them ahead. */
  expect?(position: number, byteLength: number): void;
  /** Looks again at what tells one state of it from another. @throws NormstreamError of kind `data` where it has changed. */
  check?(): void;
}
