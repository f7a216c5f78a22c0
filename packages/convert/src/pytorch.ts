import type { StateTensor } from "@normstream/pipeline";
import { type DType, usageError } from "@normstream/tensor";
import { type ConvertOptions, type ConvertSource, type NormModel, normModel } from "./norm-model.js";
import { checkDivisor, roundingText, toFloat32, varianceFor } from "./running-numbers.js";
import { epsText, listText, numberText, omittedText, originText } from "./wording.js";

/** What a state dict takes beside the options of all conversions. */
export interface PyTorchOptions extends ConvertOptions {
  /** Put before each name, with a dot: `features.1` gives `features.1.weight`. */
  readonly prefix?: string | undefined;
  /** Of all but `num_batches_tracked`; default float32, as PyTorch has them. float64 keeps every bit of a layer, and PyTorch takes it too. */
  readonly dtype?: "float32" | "float64" | undefined;
}

/** A state dict of PyTorch, and the layer that takes it: what `toPyTorch` gives. */
export interface PyTorchConversion {
  /** Tells the conversions apart. */
  readonly target: "torch";
  /** The layer that takes the state dict, as Python: `torch.nn.BatchNorm2d(3, eps=1e-05, momentum=0.1)`. */
  readonly module: string;
  /** What stands before each name: empty, or with a dot at its end. */
  readonly prefix: string;
  /** By the names that `load_state_dict` asks for, prefix included, in PyTorch's order. */
  readonly stateDict: Readonly<Record<string, StateTensor>>;
  /** Strings that the file keeps beside the tensors. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What was converted, and how, in sentences. */
  readonly text: string;
}

/** The dtype of a tensor in a safetensors file. */
export const stateDType = ({ data }: StateTensor): DType | "int64" =>
  data instanceof BigInt64Array ? "int64" : data instanceof Float64Array ? "float64" : "float32";

/**
 * Converts to a state dict of PyTorch's normalization layers: running_var with correction 1, momentum as the weight of the new batch.
 * @throws NormstreamError: `usage` where there is nothing to store; `data` for numbers that are not finite, or one value a channel
 */
export function toPyTorch(source: ConvertSource, options: PyTorchOptions = {}): PyTorchConversion {
  const { prefix, dtype = "float32", ...rest } = options;
  if (dtype !== "float32" && dtype !== "float64") {
    throw usageError(`a state dict in ${String(dtype)}`, { expected: "float32 or float64" });
  }
  const start = prefixOf(prefix);
  const model = normModel(source, rest);
  const { weight, bias, running, channels, eps, data, normalizedShape } = model;
  const shape = normalizedShape ?? [channels];
  const vector = (what: string, values: Float64Array): StateTensor => ({
    shape,
    data: dtype === "float64" ? values.slice() : toFloat32(what, values),
  });
  const dict: Record<string, StateTensor> = {};
  const sentences: string[] = [];
  if (weight) dict.weight = vector("weight", weight);
  if (bias && model.hasBias) dict.bias = vector("bias", bias);
  if (running) {
    const { variance, text } = varianceFor(running, "torch", data?.input);
    if (dtype === "float32") checkDivisor(toFloat32("variance", variance), eps, data?.input);
    dict.running_mean = vector("mean", running.mean);
    dict.running_var = vector("variance", variance);
    dict.num_batches_tracked = { shape: [], data: BigInt64Array.of(BigInt(running.batches)) };
    sentences.push(text);
    if (running.count) sentences.push("In inference PyTorch normalizes by it.");
    const { momentum } = running;
    sentences.push(
      momentum === null
        ? "momentum=None is PyTorch's cumulative average too."
        : `momentum is ${numberText(momentum)}, the weight of the new batch, as PyTorch counts.`,
    );
  }
  if (Object.keys(dict).length === 0) {
    throw usageError(`${model.norm} norm without weight, bias and running averages has no state dict`, {
      hint: `Make the layer in PyTorch: ${moduleOf(model)}.`,
    });
  }
  const module = moduleOf(model);
  const floats = Object.keys(dict).filter((name) => name !== "num_batches_tracked");
  const text = [
    `Converted ${originText(model)}, to the state dict of ${module}: ${listText(floats)} in ${dtype}${running ? ", num_batches_tracked in int64" : ""}.`,
    ...sentences,
    epsText(eps, "torch", "eps"),
    "eps and momentum are not in a state dict: the layer has to be made with them.",
    ...layoutText(model),
    ...omittedText(model),
    ...(dtype === "float64" ? [] : roundingText(model)),
  ].join(" ");
  return {
    target: "torch",
    module,
    prefix: start,
    stateDict: Object.fromEntries(Object.entries(dict).map(([name, tensor]) => [start + name, tensor])),
    metadata: {
      format: "pt",
      module,
      ...(data ? { input: data.input, samples: String(data.samples) } : {}),
      ...(data?.digest ? { digest: data.digest } : {}),
    },
    text,
  };
}

function prefixOf(prefix: string | undefined): string {
  if (prefix === undefined || prefix === "") return "";
  if (/^[A-Za-z_]\w*(\.\w+)*\.?$/.test(prefix)) return prefix.endsWith(".") ? prefix : `${prefix}.`;
  throw usageError(`"${prefix}" cannot stand before a name in a state dict`, {
    expected: "names with dots between, such as features.1",
  });
}

/** PyTorch takes channels second alone. */
function layoutText({ layout, norm, normalizedShape }: NormModel): string[] {
  if (layout !== "NHWC" || normalizedShape || norm === "layer") return [];
  return ["PyTorch takes [N, C, H, W]: permute(0, 3, 1, 2) channels-last data."];
}

/** `torch/nn/modules`: batchnorm.py, instancenorm.py, normalization.py. */
function moduleOf(model: NormModel): string {
  const { norm, channels, groups, normalizedShape, eps, weight, running, layout } = model;
  const dimensions = { NC: 1, NCL: 1, NHW: 2, NCHW: 2, NHWC: 2, NCDHW: 3 }[layout];
  const epsArgument = `eps=${pythonNumber(eps)}`;
  const affine = weight !== null;
  if (normalizedShape) {
    return `torch.nn.LayerNorm([${normalizedShape.join(", ")}], ${epsArgument}${affine ? (model.hasBias ? "" : ", bias=False") : ", elementwise_affine=False"})`;
  }
  // Layer norm with a weight a channel is group norm with one group.
  if (norm === "group" || norm === "layer") {
    return `torch.nn.GroupNorm(${groups}, ${channels}, ${epsArgument}${affine ? "" : ", affine=False"})`;
  }
  const momentum = running ? `, momentum=${running.momentum === null ? "None" : pythonNumber(running.momentum)}` : "";
  if (norm === "instance") {
    const tracks = running ? ", track_running_stats=True" : "";
    return `torch.nn.InstanceNorm${dimensions}d(${channels}, ${epsArgument}${momentum}${affine ? ", affine=True" : ""}${tracks})`;
  }
  const tracks = running ? "" : ", track_running_stats=False";
  return `torch.nn.BatchNorm${dimensions}d(${channels}, ${epsArgument}${momentum}${affine ? "" : ", affine=False"}${tracks})`;
}

/** A number as Python reads it back exactly. */
export const pythonNumber = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential().replace(/e-(\d)$/, "e-0$1") : String(value);
