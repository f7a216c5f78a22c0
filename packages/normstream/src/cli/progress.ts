import type { Progress } from "@normstream/pipeline";
import type { ProgressState, ProgressView } from "./progress-view.js";
import { formatBytes, formatRate, formatSeconds } from "./quantities.js";

export interface ProgressReporter extends Disposable {
  readonly update: ((progress: Progress) => void) | undefined;
}

/** A bar appears when a run has taken this long: short runs do not flicker, and load nothing for it. */
const BAR_AFTER_MS = 300;
const LINE_EVERY_MS = 2000;
/** The rate is that of the last few seconds. */
const RATE_WINDOW_MS = 5000;

/** Shows how far a run has come, on stderr: a bar on a terminal, a line every two seconds elsewhere, nothing where `quiet` is set. */
export function createProgress(quiet: boolean | undefined, stream: NodeJS.WriteStream = process.stderr): ProgressReporter {
  if (quiet) return { update: undefined, [Symbol.dispose]() {} };
  const started = performance.now();
  const stateOf = rateMeter(started);
  let view: ProgressView | undefined = stream.isTTY ? undefined : lineView(stream, started);
  let loading = false;
  let stopped = false;
  const loadBar = async () => {
    loading = true;
    const { barView } = await import("./progress-bar.js");
    if (!stopped) view = barView(stream);
  };
  return {
    update(progress) {
      const state = stateOf(progress, performance.now());
      if (!view && !loading && performance.now() - started >= BAR_AFTER_MS) void loadBar();
      view?.update(state);
    },
    [Symbol.dispose]() {
      stopped = true;
      view?.stop();
    },
  };
}

function lineView(stream: NodeJS.WritableStream, started: number): ProgressView {
  let last = started;
  return {
    update({ percent, total, rate, left }) {
      const now = performance.now();
      if (now - last < LINE_EVERY_MS) return;
      last = now;
      stream.write(`normstream: ${percent} of ${total}, ${rate}, ${left}\n`);
    },
    stop() {},
  };
}

/** Remembers the last few seconds of a run, and tells its rate and the time left from them. */
export function rateMeter(started: number): (progress: Progress, now: number) => ProgressState {
  const marks = [{ at: started, bytes: 0 }];
  return ({ bytes, totalBytes }, now) => {
    marks.push({ at: now, bytes });
    while (marks.length > 2 && now - (marks[1]?.at ?? now) > RATE_WINDOW_MS) marks.shift();
    const { at, bytes: before } = marks[0] as { at: number; bytes: number };
    const seconds = Math.max(1e-3, (now - at) / 1000);
    const perSecond = (bytes - before) / seconds;
    return {
      fraction: totalBytes === 0 ? 1 : bytes / totalBytes,
      percent: `${Math.floor(totalBytes === 0 ? 100 : (100 * bytes) / totalBytes)} %`,
      total: formatBytes(totalBytes),
      rate: formatRate(bytes - before, seconds),
      left: perSecond > 0 ? `${formatSeconds(Math.ceil((totalBytes - bytes) / perSecond))} left` : "waiting",
    };
  };
}
