/** The signals that stop a run, and the exit codes that say so. */
export const STOP_SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
export type StopSignal = keyof typeof STOP_SIGNALS;

/** Ctrl-C and `kill`, turned into an AbortSignal. Disposing gives them back to the system. */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
  /** Which one came, if any did. */
  readonly name: StopSignal | undefined;
}

/** The first signal stops the run in order; a second one ends the process at once. */
export function watchSignals(): Interruption {
  const controller = new AbortController();
  let name: StopSignal | undefined;
  const stop = (received: NodeJS.Signals) => {
    const known = received as StopSignal;
    if (name !== undefined) process.exit(STOP_SIGNALS[known]);
    name = known;
    controller.abort(new Error(known));
  };
  const names = Object.keys(STOP_SIGNALS) as StopSignal[];
  for (const known of names) process.on(known, stop);
  return {
    signal: controller.signal,
    get name() {
      return name;
    },
    [Symbol.dispose]() {
      for (const known of names) process.off(known, stop);
    },
  };
}
