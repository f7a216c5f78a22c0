import { setTimeout as wait } from "node:timers/promises";
import { type FileIdentity, NormstreamError } from "@normstream/tensor";
import { changedError } from "./http-requests.js";
import { type ByteRange, type RangeAnswer, type RangeRequests, TransientError } from "./range-requests.js";
import { delayMs, type RetryPolicy } from "./retry-policy.js";

/**
 * One range of an object, read from first to last by one request; where the connection breaks or falls silent, by another one from
 * there on. What is not read yet waits in the connection's own buffers, so that a slow reader slows the sender.
 */
export class RangeStream implements Disposable {
  readonly #requests: RangeRequests;
  readonly #policy: RetryPolicy;
  #identity: FileIdentity | undefined;
  #to: number;
  readonly #stop = new AbortController();
  #position: number;
  #reserved: number;
  #answer: Promise<AsyncIterator<Uint8Array>> | null = null;
  #connection: AbortController | null = null;
  #chunk: Uint8Array = new Uint8Array(0);
  #failures = 0;
  #sinceFailure = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @param identity the object as it was when it was opened; undefined: this opens it, and the range may reach beyond its end */
  constructor(requests: RangeRequests, identity: FileIdentity | undefined, range: ByteRange, policy: RetryPolicy) {
    this.#requests = requests;
    this.#identity = identity;
    this.#policy = policy;
    this.#position = range.from;
    this.#reserved = range.from;
    this.#to = range.to;
  }

  /** The next byte that a read gives, all reads begun before it counted. */
  get next(): number {
    return this.#reserved;
  }

  /** Bytes left for reads that are not begun yet. */
  get left(): number {
    return this.#to - this.#reserved;
  }

  /** Asks for the range now, for who reads it later. */
  start(): this {
    this.#answer ??= this.#connect();
    this.#answer.catch(() => {});
    return this;
  }

  /** The object that answers. @throws as `read` */
  async identify(): Promise<FileIdentity> {
    await this.#retried(() => this.#connected());
    return this.#identity as FileIdentity;
  }

  /**
   * Fills `target` with the next bytes, after the reads before it.
   * @throws NormstreamError of kind `io` after too many failures in a row, and where the object is another one than was opened.
   */
  read(target: Uint8Array): Promise<number> {
    this.#reserved += target.length;
    const result = this.#last.then(() => this.#fill(target));
    this.#last = result.catch(() => {});
    return result;
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#connection?.abort();
    void this.#answer?.catch(() => {});
  }

  async #fill(target: Uint8Array): Promise<number> {
    for (let filled = 0; filled < target.length; ) {
      if (this.#chunk.length === 0) this.#chunk = await this.#nextChunk();
      const part = this.#chunk.subarray(0, target.length - filled);
      target.set(part, filled);
      filled += part.length;
      this.#chunk = this.#chunk.subarray(part.length);
    }
    return target.length;
  }

  #nextChunk(): Promise<Uint8Array> {
    return this.#retried(async () => {
      const body = await this.#connected();
      let step: IteratorResult<Uint8Array>;
      do step = await this.#unlessIdle(() => body.next());
      while (!step.done && step.value.length === 0);
      if (step.done) throw new TransientError("the connection ended early");
      this.#count(step.value.length);
      return step.value;
    });
  }

  async #retried<T>(run: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await run();
      } catch (error) {
        await this.#recover(error);
      }
    }
  }

  #connected(): Promise<AsyncIterator<Uint8Array>> {
    this.#answer ??= this.#connect();
    return this.#answer;
  }

  #count(bytes: number): void {
    this.#position += bytes;
    this.#sinceFailure += bytes;
    if (this.#sinceFailure >= this.#policy.progressBytes) this.#failures = 0;
  }

  /** Waits before the next try. @throws what is final */
  async #recover(error: unknown): Promise<void> {
    this.#connection?.abort();
    this.#connection = null;
    this.#answer = null;
    const { name } = this.#requests;
    if (this.#stop.signal.aborted) throw new NormstreamError("aborted", "stopped", { cause: error });
    if (error instanceof NormstreamError) throw error;
    this.#failures++;
    this.#sinceFailure = 0;
    const what = error instanceof Error ? error.message : String(error);
    if (this.#failures >= this.#policy.attempts) {
      throw new NormstreamError("io", `cannot read: ${what}, ${this.#failures} times in a row`, {
        file: name,
        byteOffset: this.#position,
        hint: "Run again when the server answers.",
        cause: error,
      });
    }
    const asked = error instanceof TransientError ? error.retryAfterMs : 0;
    await wait(delayMs(this.#policy, this.#failures, asked), undefined, { signal: this.#stop.signal }).catch(() => {});
  }

  async #connect(): Promise<AsyncIterator<Uint8Array>> {
    const connection = new AbortController();
    this.#connection = connection;
    const range = { from: this.#position, to: this.#to };
    const answer = await this.#unlessIdle(() => this.#requests.request(range, this.#identity, connection.signal));
    const { objectBytes, etag, mtimeMs } = answer;
    if (this.#identity) requireSame(answer, this.#identity, this.#requests.name);
    else this.#identity = { size: objectBytes, mtimeMs, inode: 0, ...(etag === undefined ? {} : { etag }) };
    this.#to = Math.min(this.#to, objectBytes);
    return answer.body[Symbol.asyncIterator]();
  }

  /** What takes too long, or is no longer wanted, is broken off. */
  async #unlessIdle<T>(run: () => Promise<T>): Promise<T> {
    const connection = this.#connection;
    let silence: NodeJS.Timeout | undefined;
    let onStop: (() => void) | undefined;
    const idle = new Promise<never>((_, reject) => {
      silence = setTimeout(() => {
        reject(new TransientError(`no answer for ${this.#policy.idleMs / 1000} s`));
        connection?.abort();
      }, this.#policy.idleMs);
      onStop = () => reject(new NormstreamError("aborted", "stopped"));
      this.#stop.signal.addEventListener("abort", onStop, { once: true });
    });
    try {
      this.#stop.signal.throwIfAborted();
      const running = run();
      running.catch(() => {});
      return await Promise.race([running, idle]);
    } finally {
      clearTimeout(silence);
      if (onStop) this.#stop.signal.removeEventListener("abort", onStop);
    }
  }
}

/** @throws NormstreamError of kind `io` where an answer is of another object than the one that was opened. */
function requireSame(answer: RangeAnswer, identity: FileIdentity, name: string): void {
  if (answer.objectBytes !== identity.size) {
    throw changedError(name, `${answer.objectBytes}`, `${identity.size} bytes`);
  }
  if (identity.etag !== undefined && answer.etag !== undefined && answer.etag !== identity.etag) {
    throw changedError(name, `the entity tag ${answer.etag}`, identity.etag);
  }
  if (identity.etag === undefined && identity.mtimeMs !== answer.mtimeMs) {
    throw changedError(name, new Date(answer.mtimeMs).toISOString(), `its state of ${new Date(identity.mtimeMs).toISOString()}`);
  }
}
