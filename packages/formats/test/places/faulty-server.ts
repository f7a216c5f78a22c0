import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How one request is answered; undefined: well. */
export type Fault =
  | { readonly kind: "reset"; readonly after: number }
  | { readonly kind: "truncate"; readonly after: number }
  | { readonly kind: "stall"; readonly after: number }
  | { readonly kind: "status"; readonly status: number; readonly headers?: Record<string, string> }
  | { readonly kind: "whole" }
  | { readonly kind: "another range" };

export interface FaultyServer extends AsyncDisposable {
  readonly url: string;
  /** The requests so far: ranges and headers. */
  readonly requests: { readonly from: number; readonly to: number; readonly headers: IncomingMessage["headers"] }[];
  /** What was written into sockets. */
  written: number;
  /** Connections that are open. */
  readonly open: () => number;
  bytes: Uint8Array;
  etag: string | undefined;
  ignoresConditions: boolean;
}

/** A real server of one object with ranges, entity tags, and a fault for each request that `fault` names. */
export async function faultyServer(
  bytes: Uint8Array,
  fault: (index: number) => Fault | undefined = () => undefined,
): Promise<FaultyServer> {
  const sockets = new Set<unknown>();
  const server = createServer((request, response) => {
    response.setMaxListeners(0);
    void answer(request, response);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const state: FaultyServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/data/x.npy`,
    requests: [],
    written: 0,
    open: () => sockets.size,
    bytes,
    etag: '"one"',
    ignoresConditions: false,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const from = Number(match?.[1]);
    const to = Math.min(state.bytes.length, Number(match?.[2]) + 1);
    const index = state.requests.push({ from, to, headers: request.headers }) - 1;
    const found = fault(index);
    const common = state.etag === undefined ? {} : { etag: state.etag };
    if (found?.kind === "status") return void response.writeHead(found.status, found.headers).end("sorry");
    if (found?.kind === "whole") return void response.writeHead(200, common).end(state.bytes);
    const wanted = request.headers["if-match"];
    if (!state.ignoresConditions && wanted !== undefined && wanted !== state.etag) return void response.writeHead(412).end();
    if (from >= state.bytes.length) {
      return void response.writeHead(416, { "content-range": `bytes */${state.bytes.length}` }).end();
    }
    const shift = found?.kind === "another range" ? 1 : 0;
    const range = `bytes ${from + shift}-${to - 1}/${state.bytes.length}`;
    response.writeHead(206, { ...common, "content-range": range, "content-length": to - from - shift });
    const after = found && "after" in found ? Math.min(found.after, to - from) : to - from;
    for (let at = from; at < from + after; at += 1 << 16) {
      const part = state.bytes.subarray(at, Math.min(from + after, at + (1 << 16)));
      if (response.destroyed) return;
      if (!response.write(part)) await Promise.race([once(response, "drain"), once(response, "close")]).catch(() => {});
      state.written += part.length;
    }
    if (found?.kind === "reset") response.socket?.resetAndDestroy();
    else if (found?.kind === "truncate") response.socket?.end();
    else if (found?.kind !== "stall") response.end();
  }
  return state;
}
