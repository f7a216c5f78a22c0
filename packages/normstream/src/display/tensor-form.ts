import { deflateSync } from "node:zlib";
import { engineOf, type Heap, type MimeBundle, readRegions } from "@normstream/pipeline";
import { type ColorImage, colorPngFile, escaped, pngAddress } from "@normstream/report/charts";
import { formatShape, type Geometry, geometryOf, LAYOUTS, type StoredTensor } from "@normstream/tensor";
import { counted, formatBytes, formatNumber } from "../cli/quantities.js";

/** Samples that are drawn at most, and how many stand in a row. */
const MOST_IMAGES = 16;
const IN_ROW = 8;
const GAP = 2;
/** A plane of fewer values a side is no picture. */
const LEAST_SIDE = 4;
/** Pixels of a plane's side: larger planes are thinned out, smaller ones enlarged. */
const LARGEST_SIDE = 160;
const SMALLEST_SIDE = 64;
const SHOWN_VALUES = 8;

export const isTensor = (value: unknown): value is StoredTensor & { readonly byteLength: number } => {
  const { shape, layout, dtype, storage } = (value ?? {}) as Partial<StoredTensor>;
  return Array.isArray(shape) && LAYOUTS.includes(layout as never) && typeof dtype === "string" && typeof storage === "object";
};

/** A tensor, in memory or in a file: what it is, and its first samples as pictures where they are some, else its first values. */
export async function tensorForm(tensor: StoredTensor & { readonly byteLength: number }): Promise<MimeBundle> {
  const { name, shape, layout, dtype, byteLength } = tensor;
  const geometry = geometryOf(shape, layout);
  const text = `${name}: ${formatShape(shape)} ${dtype}, ${layout}, ${counted(geometry.samples, "sample")}, ${formatBytes(byteLength)}`;
  if (geometry.samples === 0 || geometry.channels === 0 || geometry.planeSize === 0) return { "text/plain": text };
  const sheet = await sheetOf(tensor, geometry);
  if (!sheet) return { "text/plain": `${text}\n${await firstValues(tensor, geometry)}` };
  const image = `<img src="${pngAddress(sheet.png)}" width="${sheet.width}" alt="${escaped(sheet.caption)}">`;
  return {
    "text/html": `<p>${escaped(text)}</p>${image}<p>${escaped(sheet.caption)}</p>`,
    "text/plain": `${text}\n${sheet.caption}`,
  };
}

interface Sheet {
  readonly png: Uint8Array;
  readonly width: number;
  readonly caption: string;
}

/** Where the pictures of a sheet stand. */
interface Layout {
  readonly shown: number;
  /** 3 where a sample's three channels are one picture in colour, else 1. */
  readonly planes: 1 | 3;
  /** Pixels of a value, and of a picture. */
  readonly scale: number;
  readonly across: number;
  readonly down: number;
  readonly columns: number;
}

async function sheetOf(tensor: StoredTensor, geometry: Geometry): Promise<Sheet | null> {
  const { samples, channels, spatial } = geometry;
  const [height = 0, width = 0] = spatial;
  if (spatial.length !== 2 || Math.min(width, height) < LEAST_SIDE || width * height > 1 << 24) return null;
  const shown = Math.min(samples, MOST_IMAGES);
  const scale = fit(Math.max(width, height));
  const [across, down] = [width, height].map((side) => Math.max(1, Math.round(side * scale))) as [number, number];
  const layout: Layout = { shown, planes: channels === 3 ? 3 : 1, scale, across, down, columns: Math.min(shown, IN_ROW) };
  const values = await pixelValues(tensor, geometry, layout);
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const image = paint(values, layout, low, high);
  const which = channels > 1 && layout.planes === 1 ? `, channel 0 of ${channels}` : "";
  const range = finite.length > 0 ? `${formatNumber(low)} is black, ${formatNumber(high)} is white` : "no value is finite";
  const caption = `${shown === samples ? `All ${samples}` : `The first ${shown}`} samples${which}: ${range}.`;
  return { png: colorPngFile(image, (bytes) => deflateSync(bytes)), width: image.width, caption };
}

/** The values that pixels show: `[shown, planes, down, across]`. */
async function pixelValues(tensor: StoredTensor, { spatial, planeSize }: Geometry, layout: Layout): Promise<Float64Array> {
  const { shown, planes, scale, across, down } = layout;
  const [height = 1, width = 1] = spatial;
  const values = new Float64Array(shown * planes * down * across);
  for (let sample = 0, to = 0; sample < shown; sample++) {
    const source = await planesOf(tensor, sample, planes, planeSize);
    for (let p = 0; p < planes; p++) {
      for (let y = 0; y < down; y++) {
        const from = p * planeSize + Math.min(height - 1, Math.floor(y / scale)) * width;
        for (let x = 0; x < across; x++) values[to++] = source[from + Math.min(width - 1, Math.floor(x / scale))] as number;
      }
    }
  }
  return values;
}

/** Lays the pictures out on one sheet; what is not finite is red. */
function paint(values: Float64Array, layout: Layout, low: number, high: number): ColorImage {
  const { shown, planes, across, down, columns } = layout;
  const width = columns * (across + GAP) - GAP;
  const height = Math.ceil(shown / columns) * (down + GAP) - GAP;
  const data = new Uint8Array(width * height * 4);
  const level = high > low ? 255 / (high - low) : 0;
  for (let sample = 0; sample < shown; sample++) {
    const [left, top] = [(sample % columns) * (across + GAP), Math.floor(sample / columns) * (down + GAP)];
    for (let i = 0; i < down * across; i++) {
      const at = ((top + Math.floor(i / across)) * width + left + (i % across)) * 4;
      for (let c = 0; c < 3; c++) {
        const value = values[(sample * planes + (planes === 3 ? c : 0)) * down * across + i] as number;
        data[at + c] = Number.isFinite(value) ? Math.round((value - low) * level) : c === 0 ? 255 : 0;
      }
      data[at + 3] = 255;
    }
  }
  return { width, height, channels: 4, data };
}

/** Pixels of a value. */
function fit(side: number): number {
  if (side > LARGEST_SIDE) return LARGEST_SIDE / side;
  return side < SMALLEST_SIDE ? Math.floor(SMALLEST_SIDE / side) || 1 : 1;
}

/** The first planes of a sample, one after another, float64. */
async function planesOf(tensor: StoredTensor, sample: number, planes: number, planeSize: number): Promise<Float64Array> {
  const region = { sample, sampleEnd: sample + 1, channel: 0, channelEnd: planes, position: 0, positionEnd: planeSize };
  for await (const { values } of readRegions(tensor, [region], heapOf(tensor))) return values;
  return new Float64Array(planes * planeSize);
}

async function firstValues(tensor: StoredTensor, { channels, planeSize }: Geometry): Promise<string> {
  const wide = planeSize === 1;
  const region = {
    ...{ sample: 0, sampleEnd: 1, channel: 0, channelEnd: wide ? Math.min(channels, SHOWN_VALUES) : 1 },
    ...{ position: 0, positionEnd: wide ? 1 : Math.min(planeSize, SHOWN_VALUES) },
  };
  for await (const { values } of readRegions(tensor, [region], heapOf(tensor))) {
    const all = wide ? channels : planeSize;
    return `sample 0${wide ? "" : ", channel 0"}: ${Array.from(values, formatNumber).join(", ")}${all > values.length ? ", …" : ""}`;
  }
  return "";
}

/** The memory that a tensor in memory lives in; of a file any will do. */
const heapOf = (tensor: StoredTensor): { readonly heap: Heap } =>
  (tensor as Partial<{ heap: Heap }>).heap ? (tensor as unknown as { heap: Heap }) : engineOf(undefined);
