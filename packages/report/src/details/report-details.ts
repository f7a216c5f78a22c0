import type { Engine } from "@normstream/pipeline";
import { geometryOf, type StoredTensor, usageError } from "@normstream/tensor";
import type { ChannelHistogram, MapTile, PlaneValues, Report } from "../report.js";
import { histogramOfChannel } from "./channel-histogram.js";
import { tilesOfPlanes, valuesOfPlane } from "./plane-views.js";

/** What can still be asked of a report while its data are at hand: what a report of 256 KiB leaves out. */
export interface ReportDetails {
  /**
   * Small pictures of some planes, of the extents that the report's own tiles have.
   * @throws NormstreamError: `usage` for samples and channels that are not there; `data` and `io` from reading; `aborted`
   */
  tiles(samples: readonly number[], channels: readonly number[], signal?: AbortSignal): Promise<readonly MapTile[]>;
  /** A channel's histograms: of all its values, or of a part of many. */
  histogram(channel: number, signal?: AbortSignal): Promise<ChannelHistogram>;
  /** The values of a plane, the first of many. */
  values(sample: number, channel: number, signal?: AbortSignal): Promise<PlaneValues>;
}

/** Planes that one question may ask for. */
const MOST_ASKED = 36;

const KEY = Symbol.for("normstream.details");

/** What can be asked of a report; undefined where its data are not at hand: of one that was stored, or made from a table. */
export const detailsOf = (report: Report): ReportDetails | undefined => (report as { [KEY]?: ReportDetails })[KEY];

/** A report of which more can be asked: its JSON is as before. */
export function withDetails(report: Report, source: StoredTensor, engine: Pick<Engine, "heap">): Report {
  const details = createDetails(report, source, engine);
  return Object.defineProperty({ ...report }, KEY, { value: details });
}

function createDetails(report: Report, source: StoredTensor, engine: Pick<Engine, "heap">): ReportDetails {
  const geometry = geometryOf(source.shape, source.layout);
  const check = (kind: "sample" | "channel", numbers: readonly number[]): void => {
    const count = kind === "sample" ? geometry.samples : geometry.channels;
    const wrong = numbers.find((n) => !Number.isSafeInteger(n) || n < 0 || n >= count);
    if (wrong === undefined) return;
    throw usageError(`there is no ${kind} ${wrong}`, { file: source.name, expected: `0 to ${count - 1}` });
  };
  return {
    async tiles(samples, channels, signal) {
      check("sample", samples);
      check("channel", channels);
      const length = samples.length * channels.length;
      if (length > MOST_ASKED) throw usageError(`${length} tiles at once`, { expected: `at most ${MOST_ASKED}` });
      return await tilesOfPlanes(report, source, engine, { samples, channels, signal });
    },
    async histogram(channel, signal) {
      check("channel", [channel]);
      return await histogramOfChannel(report, source, engine, channel, signal);
    },
    async values(sample, channel, signal) {
      check("sample", [sample]);
      check("channel", [channel]);
      return await valuesOfPlane(source, engine, { sample, channel, signal });
    },
  };
}
