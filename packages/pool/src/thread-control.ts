import type { MessagePort } from "node:worker_threads";
import { type Remote, releaseProxy, wrap } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import type { WorkerControl } from "./protocol.js";

/**
 * The main thread's end of one worker's control channel. A call to a worker that dies resolves to undefined instead of waiting for
 * ever; the process stays alive while a call is on its way, and not for the channel itself.
 */
export class ThreadControl implements Disposable {
  readonly gone: Promise<undefined>;
  readonly #remote: Remote<WorkerControl>;
  readonly #port: MessagePort;
  #calls = 0;
  #disposed = false;

  constructor(port: MessagePort) {
    this.#port = port;
    this.gone = new Promise((resolve) => port.once("close", () => resolve(undefined)));
    this.#remote = wrap<WorkerControl>(nodeEndpoint(port));
    port.unref();
  }

  async call<R>(run: (remote: Remote<WorkerControl>) => Promise<R>): Promise<R | undefined> {
    if (this.#disposed) return undefined;
    if (this.#calls++ === 0) this.#port.ref();
    try {
      return await Promise.race([run(this.#remote), this.gone]);
    } finally {
      if (--this.#calls === 0 && !this.#disposed) this.#port.unref();
    }
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#remote[releaseProxy]();
    this.#port.close();
  }
}
