import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of one object in ranges, which counts the bytes of it that it is asked for. */
export async function rangeServer(bytes: Uint8Array) {
  const count = { served: 0 };
  const server = createServer((request, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const [from, to] = [Number(first ?? 0), Math.min(Number(last ?? bytes.length - 1) + 1, bytes.length)];
    count.served += to - from;
    response.writeHead(206, {
      "content-length": to - from,
      "content-range": `bytes ${from}-${to - 1}/${bytes.length}`,
      etag: '"one"',
    });
    response.end(bytes.subarray(from, to));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Bytes asked for while something runs. */
    async servedBy(run: () => Promise<unknown>): Promise<number> {
      count.served = 0;
      await run();
      return count.served;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
