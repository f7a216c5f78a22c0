import { shownNames } from "../build/channel-names.js";
import type { Finding, Severity } from "../report.js";

const MOST_LISTED = 16;

/** A finding, with no more channels and samples than a report holds, and how many there are. */
export function finding(
  code: string,
  severity: Severity,
  texts: Pick<Finding, "title" | "evidence" | "advice">,
  places: { channels?: readonly number[]; samples?: readonly number[]; channelCount?: number; sampleCount?: number } = {},
): Finding {
  const { channels = [], samples = [] } = places;
  return {
    ...{ code, severity, ...texts },
    channels: channels.slice(0, MOST_LISTED),
    samples: samples.slice(0, MOST_LISTED),
    channelCount: places.channelCount ?? channels.length,
    sampleCount: places.sampleCount ?? samples.length,
  };
}

const GRAVITY: Record<Severity, number> = { error: 0, warning: 1, note: 2 };

/** The gravest first, otherwise as they were. */
export const byGravity = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted((a, b) => GRAVITY[a.severity] - GRAVITY[b.severity]);

/** What findings call a channel: by its name where the data have names, cut where it is long. */
export const nameOf =
  ({ channelNames }: { readonly channelNames?: readonly string[] | undefined }) =>
  (channel: number): string =>
    shownNames(channelNames?.slice(channel, channel + 1), Uint32Array.of(0))?.[0] || `channel ${channel}`;
