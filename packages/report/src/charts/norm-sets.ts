import type { ReportNorm } from "../report.js";
import { countText } from "./numbers.js";

/** The extents of a tensor as far as norms see them. */
export interface TensorExtent {
  /** N. */
  readonly samples: number;
  /** C. */
  readonly channels: number;
  /** S: values of one plane; their mean where planes are not of one size. */
  readonly planeValues: number;
  /** How a plane's axes are written: `H·W`, `L`, `D·H·W`; empty for tables, whose planes are one value. */
  readonly planeAxes: string;
  /** G of group norm; it divides C. */
  readonly groups: number;
  /** True where planes are not of one size: counts are then means, and said with ≈. */
  readonly isUneven?: boolean;
}

/** The sets that a norm takes statistics over: how many, and how many values each has. */
export interface NormSets {
  readonly count: number;
  readonly values: number;
  /** The values of a set as a product of axes: `N·H·W`. */
  readonly product: string;
}

export function normSets(norm: ReportNorm, extent: TensorExtent): NormSets {
  const { samples, channels, planeValues, planeAxes, groups } = extent;
  const product = (...axes: readonly string[]): string => [...axes, planeAxes].filter((axis) => axis !== "").join("·");
  if (norm === "batch") return { count: channels, values: samples * planeValues, product: product("N") };
  if (norm === "instance") return { count: samples * channels, values: planeValues, product: product() };
  if (norm === "layer") return { count: samples, values: channels * planeValues, product: product("C") };
  return { count: samples * groups, values: (channels / groups) * planeValues, product: product("C/G") };
}

/** `64 means, each of N·H·W = 7.84 M values.` One value has no variance: it says so. */
export function normCaption(norm: ReportNorm, extent: TensorExtent): string {
  const { count, values, product } = normSets(norm, extent);
  const means = count === 1 ? "1 mean" : `${countText(count)} means`;
  if (values <= 1) return `${means}, each of one value: undefined.`;
  const equals = extent.isUneven ? "≈" : "=";
  const formula = product === "" ? "" : `${product} ${equals} `;
  return `${means}, ${count === 1 ? "" : "each "}of ${formula}${countText(Math.round(values))} values.`;
}

/** How many cells a picture draws along each axis; fewer than 6 where the tensor has fewer. */
export interface CellGrid {
  readonly across: number;
  readonly deep: number;
  /** Cells across that one group of group norm takes. */
  readonly groupAcross: number;
}

const CELLS = 6;

export function cellGrid({ channels, samples, groups }: TensorExtent): CellGrid {
  const across = Math.max(1, Math.min(channels, CELLS));
  const deep = Math.max(1, Math.min(samples, CELLS));
  if (channels <= CELLS) return { across, deep, groupAcross: Math.max(1, Math.round(channels / groups)) };
  return { across, deep, groupAcross: groups <= 1 ? across : groups >= channels ? 1 : CELLS / 2 };
}

/** Which cells share one statistic: [from, to) across and deep. */
export interface CellRange {
  readonly across: readonly [number, number];
  readonly deep: readonly [number, number];
}

export interface Selection {
  readonly channel: number;
  readonly instance: number;
}

const cellOf = (index: number, count: number, cells: number): number =>
  Math.min(cells - 1, Math.max(0, Math.floor((index * cells) / Math.max(1, count))));

/** The lit cells of a norm: those that share the statistic of the selected channel and instance. */
export function litCells(norm: ReportNorm, extent: TensorExtent, selection: Selection): CellRange {
  const { across, deep, groupAcross } = cellGrid(extent);
  const channel = cellOf(selection.channel, extent.channels, across);
  const instance = cellOf(selection.instance, extent.samples, deep);
  const sample: readonly [number, number] = [instance, instance + 1];
  if (norm === "batch") return { across: [channel, channel + 1], deep: [0, deep] };
  if (norm === "instance") return { across: [channel, channel + 1], deep: sample };
  if (norm === "layer") return { across: [0, across], deep: sample };
  const first = Math.floor(channel / groupAcross) * groupAcross;
  return { across: [first, Math.min(across, first + groupAcross)], deep: sample };
}

/** Where one set ends and the next begins, in cells, both ends included. */
export function setBounds(
  norm: ReportNorm,
  extent: TensorExtent,
): { readonly across: readonly number[]; readonly deep: readonly number[] } {
  const { across, deep, groupAcross } = cellGrid(extent);
  const steps = (end: number, step: number): number[] => [
    ...Array.from({ length: Math.ceil(end / step) }, (_, index) => index * step),
    end,
  ];
  return {
    across: norm === "layer" ? [0, across] : steps(across, norm === "group" ? groupAcross : 1),
    deep: norm === "batch" ? [0, deep] : steps(deep, 1),
  };
}
