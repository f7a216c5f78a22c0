import { Socket } from "node:net";
import type { KernelEvent } from "../protocol/kernel-messages.js";
import { jsonLine, jsonLines } from "../protocol/lines.js";

/** Prints that come within this time go as one. */
const GATHER_MS = 30;

/** The pipe to the extension. */
export interface HostPipe {
  send(event: KernelEvent): void;
}

/** @param onClose the other end is gone */
export function openHostPipe(fd: number, onRequest: (request: unknown) => void, onClose: () => void): HostPipe {
  const socket = new Socket({ fd, readable: true, writable: true });
  socket.setEncoding("utf8");
  socket.on("data", jsonLines(onRequest));
  socket.on("error", onClose);
  socket.on("close", onClose);
  socket.on("end", onClose);
  const write = (event: KernelEvent): void => void socket.write(jsonLine(event));
  let gathered: Extract<KernelEvent, { kind: "stream" }> | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (gathered) write(gathered);
    gathered = null;
  };
  return {
    send(event) {
      if (event.kind !== "stream") {
        flush();
        write(event);
        return;
      }
      const continues = gathered?.run === event.run && gathered.name === event.name;
      if (!continues) flush();
      gathered = { ...event, text: (gathered?.text ?? "") + event.text };
      timer ??= setTimeout(flush, GATHER_MS);
    },
  };
}
