import cliProgress from "cli-progress";
import type { ProgressState, ProgressView } from "./progress-view.js";

/** A bar on a terminal, gone when it is stopped. Loaded only where it is shown. */
export function barView(stream: NodeJS.WriteStream): ProgressView {
  const bar = new cliProgress.SingleBar(
    {
      stream,
      clearOnComplete: true,
      hideCursor: true,
      // Signals are ours: the run stops, and the bar with it.
      gracefulExit: false,
      barsize: 30,
      format: (options, { progress }, { percent, total, rate, left }: ProgressState) =>
        `${cliProgress.Format.BarFormat(progress, options)} ${percent.padStart(5)} of ${total}, ${rate}, ${left}`,
    },
    cliProgress.Presets.shades_classic,
  );
  let running = false;
  return {
    update(state) {
      if (!running) bar.start(1, state.fraction, state);
      else bar.update(state.fraction, state);
      running = true;
    },
    stop() {
      if (running) bar.stop();
    },
  };
}
