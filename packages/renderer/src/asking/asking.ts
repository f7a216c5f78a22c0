import { type ChannelHistogram, type MapTile, type Report, withHistogram, withTiles } from "@normstream/report/payload";
import { missingHistogram, missingTiles } from "./missing.js";
import { type Asking, NO_NOTICES, type Notices } from "./notices.js";
import type { ReportSource } from "./report-source.js";

/** Keys that are held down pass many selections. */
const PAUSE_MS = 150;

/**
 * Asks a source for what a report leaves out: what `renderReport` takes as `asking`.
 * @param onChange there is more to show, or something else to say
 */
export function createAsking(source: ReportSource, onChange: () => void): Asking {
  let of: string | null = null;
  let tiles: readonly MapTile[] = [];
  let histograms: readonly ChannelHistogram[] = [];
  let notices = NO_NOTICES;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  let turn = 0;

  const extended = (report: Report): Report =>
    report.id === of ? histograms.reduce(withHistogram, tiles.length > 0 ? withTiles(report, tiles) : report) : report;

  const ask = async <T>(
    view: keyof Notices,
    waiting: string,
    answer: Promise<T>,
    take: (found: T) => void,
    own: number,
  ): Promise<void> => {
    say(view, waiting);
    try {
      const found = await answer;
      if (stopped || own !== turn) return;
      take(found);
      say(view, null);
    } catch (error) {
      if (!stopped && own === turn) say(view, (error as Error).message);
    }
  };
  const say = (view: keyof Notices, text: string | null): void => {
    notices = { ...notices, [view]: text };
    onChange();
  };

  return {
    source,
    extended,
    get notices() {
      return notices;
    },
    look(report, selection) {
      clearTimeout(timer);
      if (report.id !== of) {
        of = report.id;
        tiles = [];
        histograms = [];
        notices = NO_NOTICES;
      }
      const own = ++turn;
      if (report.progress !== null) return;
      timer = setTimeout(() => {
        const known = extended(report);
        const samples = missingTiles(known, selection);
        const channel = missingHistogram(known, selection);
        if (notices !== NO_NOTICES && samples.length === 0 && channel === null) {
          notices = NO_NOTICES;
          onChange();
        }
        if (samples.length > 0) {
          const answer = source.tiles(samples, [selection.channel]);
          void ask(
            "maps",
            `Reading ${samplesText(samples)} …`,
            answer,
            (found) => {
              tiles = [...tiles, ...found];
            },
            own,
          );
        }
        if (channel !== null) {
          void ask(
            "histograms",
            `Counting channel ${channel} …`,
            source.histogram(channel),
            (found) => {
              histograms = [...histograms.filter((each) => each.channel !== found.channel), found];
            },
            own,
          );
        }
      }, PAUSE_MS);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

const samplesText = (samples: readonly number[]): string =>
  samples.length === 1 ? `sample ${samples[0]}` : `${samples.length} samples`;
