import { createServer } from "node:http";
import { ioError } from "@normstream/tensor";

/** What a worker's health endpoint says. */
export interface Health {
  /** Whether it takes shards: the answer is 200 then, else 503. */
  readonly ok: boolean;
  readonly worker: string;
  readonly version: string;
  readonly threads: number;
  /** Whether Redis answers. */
  readonly redis: boolean;
  /** Whether it was asked to stop and finishes what it has begun. */
  readonly draining: boolean;
  /** Shards that it has done. */
  readonly shards: number;
  /** Queues that it takes shards from. */
  readonly queues: number;
}

/**
 * Answers `GET /health` with JSON.
 * @param port none: no endpoint
 * @throws NormstreamError of kind `io` where the port is taken
 */
export async function startHealth(
  port: number | undefined,
  health: () => Health,
): Promise<{ readonly port: number; close(): void } | undefined> {
  if (port === undefined) return undefined;
  const server = createServer(({ url, method }, response) => {
    const isAsked = url === "/health" && (method === "GET" || method === "HEAD");
    const state = health();
    response.writeHead(isAsked ? (state.ok ? 200 : 503) : 404, { "content-type": "application/json" });
    response.end(isAsked ? `${JSON.stringify(state)}\n` : '{"error":"GET /health"}\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(ioError(`cannot answer on port ${port}`, cause)));
    server.listen(port, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
