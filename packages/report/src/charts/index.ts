export type { PlotArea } from "./axis.js";
export { channelCard } from "./channel-card.js";
export {
  type ChannelLayout,
  type ChannelsOptions,
  channelAt,
  channelLayout,
  overviewPlaceAt,
  placeAt,
} from "./channel-layout.js";
export { channelName, channelTitle } from "./channel-name.js";
export { CHANNEL_ORDERS, type ChannelOrder, channelOrder, FLAG_TEXTS, medianStd } from "./channel-order.js";
export { channelSelection, channelsChart } from "./channels.js";
export { type Chart, type ChartSize, chartFile, chartMark, type Heading, withHeading } from "./chart.js";
export { type ConvergenceOptions, convergenceChart, convergenceFrame } from "./convergence.js";
export { type CubesOptions, cubesChart } from "./cubes.js";
export { type CurveFrame, countAt } from "./curve-frame.js";
export { emptyChart } from "./empty.js";
export { type GapOptions, gapChart, gapFrame } from "./gap.js";
export { type HistogramsOptions, histogramsChart } from "./histograms.js";
export { type InstancesOptions, instanceAt, instancesChart, instancesFrame } from "./instances.js";
export { MAP_VIEWS, type MapSlot, type MapsLayout, type MapsOptions, type MapView, mapsChart, mapsLayout } from "./maps.js";
export { escaped, type Mark, type MarkAttributes, type MarkTag, markText } from "./mark.js";
export { type NoiseOptions, noiseAt, noiseChart, noiseFrame } from "./noise.js";
export { type MarkerShape, marker, NORMS, type NormEncoding } from "./norm-encoding.js";
export { litCells, type NormSets, normCaption, normSets, type Selection, type TensorExtent } from "./norm-sets.js";
export { byteText, countText, numberText, percentText } from "./numbers.js";
export { type ColorImage, colorPngFile, type IndexedImage, pngAddress, pngFile } from "./png.js";
export { type PosterOptions, posterChart } from "./poster.js";
export type { LeastDomains, Scale, Tick } from "./scale.js";
export type { ChartSelection } from "./selection.js";
export { type ShiftRow, type ShiftsOptions, shiftInterval, shiftsChart } from "./shifts.js";
export { type SparklineOptions, sparkline } from "./sparkline.js";
export { adaptiveStylesheet, CHART_CLASS, themeStylesheet, themeVariables } from "./stylesheet.js";
export { tensorExtent } from "./tensor-extent.js";
export { textWidth, truncateText, wrapText } from "./text.js";
export { type ColorName, PALETTES, type Palette, type ThemeName } from "./theme.js";
export { cividis, TILE_Z_RANGE, type TileView, tileColors } from "./tile-colors.js";
export { tileImages, tileViews } from "./tile-views.js";
export { timelineChart } from "./timeline.js";
