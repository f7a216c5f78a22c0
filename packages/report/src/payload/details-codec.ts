import { dataError } from "@normstream/tensor";
import type { ChannelHistogram, MapTile, PlaneValues } from "../report.js";
import { type Codec, list, number, object, packed } from "./codec.js";
import { histogramCodec } from "./histogram-codec.js";
import { tileCodec } from "./tile-codec.js";

const count = number({ least: 0, most: Number.MAX_SAFE_INTEGER, whole: true });
const orNaN = number({ loose: true });

const values = object({
  ...{ sample: count, channel: count, count, width: count, mean: orNaN, std: orNaN },
  values: packed("f4", 1 << 14),
});

/** One answer on its way to a viewer, as JSON. */
export interface DetailCodec<T> {
  encode(value: T): object;
  /** @throws NormstreamError of kind `data` for what is no such answer */
  decode(json: unknown): T;
}

const detail = <T>(codec: Codec<T>): DetailCodec<T> => ({
  encode: (value) => codec.encode(value) as object,
  decode(json) {
    if (typeof json !== "object" || json === null) throw dataError("this is no answer about a report");
    return codec.decode(json, "answer");
  },
});

/** How answers about a report are written and read: see `ReportDetails`. */
export const detailCodecs: {
  readonly tiles: DetailCodec<readonly MapTile[]>;
  readonly histogram: DetailCodec<ChannelHistogram>;
  readonly values: DetailCodec<PlaneValues>;
} = {
  tiles: detail(list(tileCodec, 36) as Codec<readonly MapTile[]>),
  histogram: detail(histogramCodec as Codec<ChannelHistogram>),
  values: detail(values as Codec<PlaneValues>),
};
