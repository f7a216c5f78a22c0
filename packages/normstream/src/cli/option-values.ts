import { type ClusterUrl, clusterPlace } from "@normstream/cluster/place";
import { isRunId, RUN_ID } from "@normstream/cluster/run-id";
import type { Target } from "@normstream/convert";
import { type NanPolicy, NORMS, type Norm, type OutputDType } from "@normstream/moments";
import { USES, type Use } from "@normstream/report/payload";
import { type DType, type Layout, parseDType, parseLayout, usageError } from "@normstream/tensor";
import { parseBytes } from "../bytes.js";
import { parseMemory } from "../memory.js";

/** Puts the option's name before what is wrong with its value. */
function of<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw usageError(`${option}: ${(error as Error).message}`);
  }
}

/** A whole number within bounds. */
export const wholeNumber =
  (option: string, least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    const expected =
      most === Number.MAX_SAFE_INTEGER ? `a whole number of ${least} or more` : `a whole number from ${least} to ${most}`;
    throw usageError(`${option}: "${text}"`, { expected });
  };

/** One of a few words. */
const oneOf =
  <T extends string>(option: string, words: readonly T[]) =>
  (text: string): T => {
    const word = words.find((known) => known === text.toLowerCase());
    if (word !== undefined) return word;
    throw usageError(`${option}: "${text}"`, { expected: `${words.slice(0, -1).join(", ")} or ${words.at(-1)}` });
  };

export const normValue: (text: string) => Norm = oneOf("--norm", NORMS);
export const nanValue: (text: string) => NanPolicy = oneOf("--nan", ["propagate", "omit", "error"]);

/** What runs shards. */
export type EngineName = "inline" | "threads" | ClusterUrl;

/** `inline`, `threads`, or the URL of a cluster's Redis, which is not repeated where it is wrong: it may hold a password. */
export const engineValue = (text: string): EngineName =>
  /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? clusterValue(text) : oneOf("--engine", ["inline", "threads"])(text);

export function clusterValue(text: string): ClusterUrl {
  clusterPlace(text);
  return text as ClusterUrl;
}

/** The size of data: 10TB. */
export function planBytesValue(text: string): number {
  const bytes = of("--bytes", () => parseBytes(text));
  if (bytes > 0) return bytes;
  throw usageError('--bytes: "0"', { expected: "1 or more" });
}

export function runValue(text: string): string {
  if (isRunId(text)) return text;
  throw usageError(`--run: "${text}"`, { expected: RUN_ID });
}

export const layoutValue = (text: string): Layout => of("--layout", () => parseLayout(text));
export const memoryValue = (text: string): number => of("--memory", () => parseMemory(text));

export const useValue: (text: string) => Use = oneOf("--use", USES);
export const failOnValue = oneOf("--fail-on", ["error", "warning", "note", "never"]);

/** PyTorch's momentum: 0.1; "none" is the cumulative average. */
export function adviceMomentumValue(text: string): number | "none" {
  if (text.toLowerCase() === "none") return "none";
  const value = /^(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= 1) return value;
  throw usageError(`--momentum: "${text}"`, { expected: "a number above 0 and up to 1, or none for the cumulative average" });
}

/** Bytes of a shard: 16MiB, 1000000. */
export function shardBytesValue(text: string): number {
  const bytes = of("--shard-bytes", () => parseBytes(text));
  if (bytes === 0) throw usageError('--shard-bytes: "0"', { expected: "1 or more" });
  return bytes;
}

export const formValue = oneOf("--as", ["safetensors", "png"]);

/** Bytes of a file among several: 5GB. */
export function fileBytesValue(text: string): number {
  const bytes = of("--file-bytes", () => parseBytes(text));
  if (bytes === 0) throw usageError('--file-bytes: "0"', { expected: "1 or more" });
  return bytes;
}

/** The values that are black and white: -3:3. */
export function rangeValue(text: string): readonly [low: number, high: number] | "each" {
  if (text.toLowerCase() === "each") return "each";
  const [low, high, ...more] = text.split(":").map((part) => (part.startsWith("-") ? -numberOf(part.slice(1)) : numberOf(part)));
  if (low !== undefined && high !== undefined && more.length === 0 && low < high && high - low < Infinity) return [low, high];
  throw usageError(`--range: "${text}"`, { expected: "low:high, for example -3:3, or each" });
}

/** What is added to a variance: 1e-5, 0. */
export function epsValue(text: string): number {
  const value = numberOf(text);
  if (Number.isFinite(value)) return value;
  throw usageError(`--eps: "${text}"`, { expected: "a number of 0 or more, for example 1e-5" });
}

/** Which framework. The names stand here, so that a command line loads no conversion. */
export const targetValue: (text: string) => Target = oneOf("--to", ["torch", "keras", "onnx", "sklearn", "torchvision"]);

/** A weight in an average: 0.1. */
export function momentumValue(text: string): number {
  const value = numberOf(text);
  if (value >= 0 && value <= 1) return value;
  throw usageError(`--momentum: "${text}"`, { expected: "a number from 0 to 1, for example 0.1" });
}

/** A divisor: 255. */
export function scaleValue(text: string): number {
  const value = numberOf(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw usageError(`--scale: "${text}"`, { expected: "a number above 0, for example 255" });
}

/** A decimal number without a sign; NaN for anything else. */
const numberOf = (text: string): number => (/^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN);

/** The shape of raw data: 8,3,32,32. */
export function shapeValue(text: string): readonly number[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.every((part) => /^\d+$/.test(part)) && parts.length <= 32) return parts.map(Number);
  throw usageError(`--shape: "${text}"`, { expected: "whole numbers with commas between, for example 8,3,32,32" });
}

export const missingValue = oneOf("--missing", ["fill", "error"]);
export const colorValue = oneOf("--color", ["grey", "rgb", "rgba"]);

/** The size of images: 224x224; 224 is a square. */
export function resizeValue(text: string): { readonly width: number; readonly height: number } {
  const match = /^(\d+)(?:[x×](\d+))?$/i.exec(text);
  const width = Number(match?.[1]);
  const height = Number(match?.[2] ?? match?.[1]);
  if (match && width >= 1 && height >= 1 && width <= 65_535 && height <= 65_535) return { width, height };
  throw usageError(`--resize: "${text}"`, { expected: "width and height in pixels, for example 224x224" });
}

/** The type of raw data. It stays text, since it may name the byte order too: >f4. */
export const dtypeValue = (text: string): string => of("--dtype", () => parseDType(text) && text);

const OUTPUT_DTYPES: readonly DType[] = ["float16", "bfloat16", "float32", "float64"] satisfies OutputDType[];

export function outDTypeValue(text: string): OutputDType {
  const { dtype, bigEndian } = of("--out-dtype", () => parseDType(text));
  if (OUTPUT_DTYPES.includes(dtype) && !bigEndian) return dtype as OutputDType;
  throw usageError(`--out-dtype: "${text}"`, { expected: "f16, bf16, f32 or f64" });
}

/** Part i of N, counted from 0, as Slurm and Kubernetes count: 0/4 to 3/4. */
export function shardValue(text: string): { readonly index: number; readonly of: number } {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const [index, parts] = [Number(match?.[1]), Number(match?.[2])];
  if (match && parts >= 1 && parts <= 1e6 && index < parts) return { index, of: parts };
  const hint =
    match && index >= parts && parts > 0 ? `Parts are counted from 0: the last one is ${parts - 1}/${parts}.` : undefined;
  throw usageError(`--shard: "${text}"`, { expected: "i/N with i from 0 to N − 1, for example 0/4", hint });
}

/** Samples from the first number to before the second: 0:100. */
export function samplesValue(text: string): readonly [from: number, to: number] {
  const match = /^(\d+):(\d+)$/.exec(text);
  const [from, to] = [Number(match?.[1]), Number(match?.[2])];
  if (match && Number.isSafeInteger(to) && from < to) return [from, to];
  throw usageError(`--samples: "${text}"`, { expected: "from:to with from below to, for example 0:100 for the first hundred" });
}

/** How far a mean may move, in stds: 0.1. */
export function shiftValue(text: string): number {
  const value = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value < Infinity) return value;
  throw usageError(`--fail-on-shift: "${text}"`, { expected: "a number of stds above 0, for example 0.1" });
}
