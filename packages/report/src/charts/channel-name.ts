import type { ChannelColumns } from "../report.js";

/** What a channel is called: by its name where it has one, else by its number. */
export const channelName = ({ names, index }: Pick<ChannelColumns, "names" | "index">, channel: number): string =>
  names?.[index.indexOf(channel)] || `channel ${channel}`;

/** The same at the start of a sentence. */
export const channelTitle = (columns: Pick<ChannelColumns, "names" | "index">, channel: number): string =>
  channelName(columns, channel).replace(/^channel /, "Channel ");
