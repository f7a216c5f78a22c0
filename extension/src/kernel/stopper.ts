import type { ControlMessage } from "./thread-messages.js";

/** From asking a cell to stop to cutting it off. */
const CUT_AFTER_MS = 200;
/** What the main thread may take to answer before it counts as busy. */
const BUSY_MS = 50;

/** Stops the cell that runs: asks, and where that does not help cuts it off. */
export interface Stopper {
  begin(run: number): void;
  end(run: number): void;
  pong(count: number): void;
  /** Resolves when it ended, or when all was tried; what does not end then, the extension ends with the process. */
  stop(): Promise<void>;
}

export function createStopper(tell: (message: ControlMessage) => void, terminate: () => Promise<void>): Stopper {
  let running: { readonly run: number; readonly ended: Promise<void>; readonly end: () => void } | null = null;
  let pings = 0;
  let answered = 0;
  const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const isBusy = async (): Promise<boolean> => {
    const count = ++pings;
    tell({ kind: "ping", count });
    await after(BUSY_MS);
    return answered < count;
  };
  return {
    begin(run) {
      let end = (): void => {};
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      running = { run, ended, end };
    },
    end(run) {
      if (running?.run !== run) return;
      running.end();
      running = null;
    },
    pong(count) {
      answered = count;
    },
    async stop() {
      const stopped = running;
      if (!stopped) return;
      const { run } = stopped;
      tell({ kind: "interrupt", run, insist: false });
      await Promise.race([stopped.ended, after(CUT_AFTER_MS - BUSY_MS)]);
      if (running !== stopped) return;
      tell({ kind: "interrupt", run, insist: true });
      const busy = await isBusy();
      if (running !== stopped || !busy) return;
      await terminate();
      tell({ kind: "terminated", run });
    },
  };
}
