import { Console } from "node:console";
import { StringDecoder } from "node:string_decoder";

/** Characters that a run may print; what comes after them is counted and dropped. */
const MOST_CHARACTERS = 2_000_000;

type Stream = "stdout" | "stderr";

/** Takes what cells print, instead of the process's own streams. */
export interface OutputCapture {
  /** A run begins: it may print anew. */
  begin(): void;
  /** Says what was dropped, if anything was. */
  end(): void;
}

export function captureOutput(take: (name: Stream, text: string) => void): OutputCapture {
  let left = MOST_CHARACTERS;
  let dropped = 0;
  for (const name of ["stdout", "stderr"] as const) {
    const decoder = new StringDecoder("utf8");
    const write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
      const text =
        typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      const shown = text.slice(0, left);
      left -= shown.length;
      dropped += text.length - shown.length;
      if (shown !== "") take(name, shown);
      const done = typeof encoding === "function" ? encoding : callback;
      if (typeof done === "function") process.nextTick(done as () => void);
      return true;
    };
    process[name].write = write as typeof process.stdout.write;
  }
  // The console that Node gives hands all to the inspector too, which keeps it, and takes its time.
  const console = new Console({ stdout: process.stdout, stderr: process.stderr });
  Object.defineProperty(globalThis, "console", { value: console, writable: true, configurable: true });
  return {
    begin() {
      left = MOST_CHARACTERS;
      dropped = 0;
    },
    end() {
      if (dropped > 0) take("stderr", `\n… ${dropped} more characters were printed, and are not shown.\n`);
    },
  };
}
