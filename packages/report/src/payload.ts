// What a viewer needs of a report, without Node, engines or files: types, reading and writing, and the figures that follow from it.

export { type ChannelGap, channelGap, type GapSettings, isRoughGap, settledAfter } from "./adviser/gap.js";
export { type BatchNoise, batchNoise, type ChannelShape } from "./adviser/noise.js";
export { type MemorySettings, normMemory } from "./adviser/norm-memory.js";
export { median, quantile } from "./adviser/quantile.js";
export { STEADY, UNRELIABLE } from "./adviser/rules.js";
export { type AdviceSettings, gapAt, stdsOf, verdictAt } from "./payload/at-settings.js";
export { gapOf, noiseOf, shapeOf } from "./payload/column-figures.js";
export { decodeReport } from "./payload/decode.js";
export { type DetailCodec, detailCodecs } from "./payload/details-codec.js";
export { encodeReport } from "./payload/encode.js";
export { withHistogram, withTiles } from "./payload/extended-report.js";
export * from "./report.js";
