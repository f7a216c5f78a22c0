import {
  type Conversion,
  type ConvertOptions,
  checkConversionPath,
  loadingCode,
  type Target,
  toKeras,
  toOnnx,
  toPyTorch,
  toSklearn,
  toTorchvision,
  writeConversion,
} from "@normstream/convert";
import { checkOutput } from "@normstream/formats";
import { usageError } from "@normstream/tensor";
import { readChannelValues, splitName } from "./input.js";
import { checkNorm, checkResult } from "./option-rules.js";
import type { AffineOptions, InputOptions, NormOptions, ResultOptions, TargetOptions } from "./options.js";
import { sayUnless, writeResult } from "./output.js";
import { createProgress } from "./progress.js";
import { readStatistics, type StoredStatistics } from "./stored-statistics.js";

export interface ExportOptions
  extends Pick<InputOptions, "layout">,
    Pick<NormOptions, "norm" | "groups">,
    Pick<AffineOptions, "eps" | "weight" | "bias">,
    ResultOptions,
    TargetOptions {}

/** `normstream export STATS --to NAME -o FILE`: statistics in another framework's conventions, then what was converted on stdout. */
export async function exportStatistics(input: string, options: ExportOptions, signal: AbortSignal): Promise<void> {
  const { to, output, overwrite, json, quiet } = options;
  if (to === undefined) throw usageError("export needs --to NAME", { expected: "torch, keras, onnx, sklearn or torchvision" });
  if (output === undefined)
    throw usageError("export needs -o FILE", { hint: `See normstream export --help for what ${to} takes.` });
  checkNorm(options);
  checkResult(options);
  checkTarget(to, options);
  checkConversionPath(output, to);
  await checkOutput(output, { overwrite, input });
  for (const file of [options.weight, options.bias]) {
    if (file !== undefined) await checkOutput(output, { overwrite, input: splitName(file).path });
  }
  const statistics = await read(input, quiet, signal);
  const conversion = await convert(to, statistics, options, signal);
  const files = await writeConversion(output, conversion, { overwrite, signal });
  const say = sayUnless(quiet);
  for (const file of files) say(`wrote ${file}`);
  const { text } = conversion;
  const code = loadingCode(output, conversion);
  if (json) {
    const document = { schema: "normstream/export/1", input, to, output, files, text, code, ...detailsOf(conversion) };
    await writeResult(`${JSON.stringify(document, null, 2)}\n`);
  } else await writeResult(`${wrapped(text)}\n\n${code}\n`);
}

async function read(input: string, quiet: boolean | undefined, signal: AbortSignal): Promise<StoredStatistics> {
  using progress = createProgress(quiet);
  return await readStatistics(input, { signal, onProgress: progress.update });
}

async function convert(
  to: Target,
  statistics: StoredStatistics,
  { layout, norm, groups, eps, momentum, prefix, scale, ...files }: ExportOptions,
  signal: AbortSignal,
): Promise<Conversion> {
  if (to === "sklearn") return toSklearn(statistics);
  if (to === "torchvision") return toTorchvision(statistics, { scale });
  const weight = files.weight === undefined ? undefined : await readChannelValues(files.weight, "weight", signal);
  const bias = files.bias === undefined ? undefined : await readChannelValues(files.bias, "bias", signal);
  const options: ConvertOptions = { layout, norm, groups, eps, momentum, weight, bias };
  if (to === "torch") return toPyTorch(statistics, { ...options, prefix });
  return to === "keras" ? toKeras(statistics, options) : toOnnx(statistics, options);
}

/** What the conversion says to a program, without the numbers that are in the file. */
function detailsOf(conversion: Conversion): object {
  switch (conversion.target) {
    case "torch":
      return { module: conversion.module, names: Object.keys(conversion.stateDict) };
    case "keras": {
      const { className, config, weights } = conversion;
      return { className, config, names: weights.map(({ name }) => name) };
    }
    case "onnx": {
      const { opset, nodes, shape } = conversion.graph;
      return { opset, nodes: nodes.map(({ opType }) => opType), shape };
    }
    case "sklearn":
      return conversion.attributes;
    case "torchvision": {
      const { mean, std, scale } = conversion;
      return { mean, std, scale };
    }
  }
}

const LINE_LENGTH = 80;

/** A text in lines that fit a terminal. */
function wrapped(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) as string;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length > LINE_LENGTH) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join("\n");
}

/** Options that say something of a layer, which scalers are not. */
const OF_LAYERS = ["layout", "norm", "groups", "eps", "momentum", "weight", "bias"] as const;

/** @throws NormstreamError of kind `usage` for options that have nothing to work on. */
function checkTarget(to: Target, options: ExportOptions): void {
  const refuse = (option: string, hint: string) => {
    throw usageError(`--${option} does not go with --to ${to}`, { hint });
  };
  if (to === "sklearn" || to === "torchvision") {
    const name = OF_LAYERS.find((option) => options[option] !== undefined);
    if (name !== undefined) refuse(name, "It only shifts and divides each channel; --to onnx does more.");
  }
  if (to !== "torch" && options.prefix !== undefined) refuse("prefix", "It goes with --to torch.");
  if (to !== "torchvision" && options.scale !== undefined) refuse("scale", "It goes with --to torchvision.");
  if (options.momentum !== undefined && options.norm !== undefined && options.norm !== "batch") {
    throw usageError(`--momentum does not go with --norm ${options.norm}`, { hint: "It keeps no running averages." });
  }
}
