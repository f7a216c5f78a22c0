declare module "comlink/dist/esm/node-adapter.mjs" {
  import type { MessagePort } from "node:worker_threads";
  import type { Endpoint } from "comlink";
  /** Adapts a port of node:worker_threads to what Comlink expects of a browser's. */
  // biome-ignore lint/style/noDefaultExport: it declares what Comlink exports
  export default function nodeEndpoint(port: MessagePort): Endpoint;
}
