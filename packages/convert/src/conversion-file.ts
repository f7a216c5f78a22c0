import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { checkOutput, encodeNpyHeader, encodeSafetensors, writeFileAtomically, writeNpz } from "@normstream/formats";
import { usageError } from "@normstream/tensor";
import { CONVENTIONS, type Target } from "./conventions.js";
import type { KerasConversion } from "./keras.js";
import type { OnnxConversion } from "./onnx.js";
import { type PyTorchConversion, pythonNumber, stateDType } from "./pytorch.js";
import type { SklearnConversion } from "./sklearn.js";
import { tfjsArtifacts } from "./tfjs-model.js";
import type { TorchvisionConversion } from "./torchvision.js";

/** What `writeConversion` can write; `target` tells which it is. */
export type Conversion = PyTorchConversion | KerasConversion | OnnxConversion | SklearnConversion | TorchvisionConversion;

/** How a conversion is written. */
export interface WriteConversionOptions {
  /** Replace a file that is there; default false. */
  readonly overwrite?: boolean | undefined;
  /** Stops the writing with an error of kind `aborted`; no file is left. */
  readonly signal?: AbortSignal | undefined;
}

/** What is written for each target, by the extension of the file. */
const EXTENSIONS: Record<Target, Readonly<Record<string, string>>> = {
  torch: { ".safetensors": "a state dict" },
  keras: { ".json": "a layers model of TF.js", ".npz": "the weights of a layer" },
  onnx: { ".onnx": "a model" },
  sklearn: { ".json": "the attributes of a StandardScaler" },
  torchvision: { ".json": "mean and std" },
};

/** @throws NormstreamError of kind `usage` for an extension that the target is not written in. */
export function checkConversionPath(path: string, target: Target): string {
  const extension = extname(path).toLowerCase();
  if (EXTENSIONS[target][extension] !== undefined) return extension;
  const known = Object.entries(EXTENSIONS[target]).map(([name, what]) => `${name} (${what})`);
  throw usageError(`the extension names nothing that is written for ${CONVENTIONS[target].name}`, {
    file: path,
    expected: known.join(" or "),
    found: extension || "none",
  });
}

/**
 * Writes a conversion by the extension of the file, which is there as a whole or not at all. A TF.js model is two files: `NAME.HASH.bin`, named by
 * its content and written first, and the `.json` that names it, so that a reader never meets one without the other.
 * @returns the files, the named one last
 * @throws NormstreamError: `usage` for a wrong extension, a file that exists without `overwrite`, or what the format cannot hold; `io`
 */
export async function writeConversion(
  path: string,
  conversion: Conversion,
  options: WriteConversionOptions = {},
): Promise<readonly string[]> {
  const extension = checkConversionPath(path, conversion.target);
  if (conversion.target === "keras" && extension === ".json") return writeTfjsModel(path, conversion, options);
  if (conversion.target === "keras") await writeKerasWeights(path, conversion, options);
  else await writeFileAtomically(path, encodeConversion(conversion), options);
  return [path];
}

function encodeConversion(conversion: Exclude<Conversion, KerasConversion>): Uint8Array | string {
  switch (conversion.target) {
    case "torch": {
      const tensors = Object.entries(conversion.stateDict).map(([name, tensor]) => ({
        name,
        shape: tensor.shape,
        dtype: stateDType(tensor),
        bytes: bytesOf(tensor.data),
      }));
      return encodeSafetensors(tensors, conversion.metadata);
    }
    case "onnx":
      return conversion.bytes;
    case "sklearn":
      return `${JSON.stringify(conversion.attributes, null, 2)}\n`;
    case "torchvision": {
      const { mean, std } = conversion;
      return `${JSON.stringify({ mean, std }, null, 2)}\n`;
    }
  }
}

async function writeTfjsModel(path: string, conversion: KerasConversion, options: WriteConversionOptions): Promise<string[]> {
  const { modelTopology, weightSpecs, weightData, ...rest } = tfjsArtifacts(conversion);
  await checkOutput(path, options);
  const weights = new Uint8Array(weightData);
  const hash = createHash("sha256").update(weights).digest("hex").slice(0, 12);
  const name = `${basename(path).replace(/\.json$/i, "")}.${hash}.bin`;
  const weightsPath = join(dirname(path), name);
  const manifest = weightSpecs.length > 0 ? [{ paths: [name], weights: weightSpecs }] : [];
  const model = { ...rest, convertedBy: null, modelTopology, weightsManifest: manifest };
  const text = `${JSON.stringify(model, null, 2)}\n`;
  if (manifest.length === 0) {
    await writeFileAtomically(path, text, options);
    return [path];
  }
  const wasThere = existsSync(weightsPath);
  // A file of that name holds the same bytes, or was cut short by whatever wrote it: either way it may be replaced.
  await writeFileAtomically(weightsPath, weights, { ...options, overwrite: true });
  try {
    await writeFileAtomically(path, text, options);
  } catch (error) {
    if (!wasThere) await unlink(weightsPath).catch(() => {});
    throw error;
  }
  return [weightsPath, path];
}

async function writeKerasWeights(path: string, conversion: KerasConversion, options: WriteConversionOptions): Promise<void> {
  const { className, config, weights } = conversion;
  const members = weights.map(
    ({ name, shape, data }) => [`${name}.npy`, [encodeNpyHeader(shape, "float32"), bytesOf(data)]] as const,
  );
  const layer = Buffer.from(`${JSON.stringify({ class_name: className, config }, null, 2)}\n`);
  await writeNpz(path, { ...Object.fromEntries(members), "layer.json": layer }, options);
}

/** How to load a file that `writeConversion` wrote: a few lines of Python, or of JavaScript for a TF.js model. */
export function loadingCode(path: string, conversion: Conversion): string {
  const file = JSON.stringify(path);
  switch (conversion.target) {
    case "torch":
      return torchCode(file, conversion);
    case "keras":
      return extname(path).toLowerCase() === ".json"
        ? `import * as tf from "@tensorflow/tfjs";\nconst model = await tf.loadLayersModel(URL_OF_THE_FOLDER + ${JSON.stringify(basename(path))});\nconst y = model.predict(x);`
        : kerasCode(file, conversion);
    case "onnx":
      return `import onnxruntime\nsession = onnxruntime.InferenceSession(${file})\n(y,) = session.run(None, {"x": x.astype("float32")})`;
    case "sklearn":
      return `import json, numpy, sklearn.preprocessing\nscaler = sklearn.preprocessing.StandardScaler()\nvars(scaler).update({k: numpy.array(v) if isinstance(v, list) else v for k, v in json.load(open(${file})).items()})`;
    case "torchvision":
      return `import json, torchvision\nnormalize = torchvision.transforms.Normalize(**json.load(open(${file})))`;
  }
}

function torchCode(file: string, { module, prefix }: PyTorchConversion): string {
  const load = `load_state_dict(load_file(${file})`;
  const lines =
    prefix === ""
      ? [`layer = ${module}`, `layer.${load})`]
      : [`# model.${prefix.slice(0, -1)} is ${module}`, `model.${load}, strict=False)`];
  return ["import torch", "from safetensors.torch import load_file", ...lines].join("\n");
}

function kerasCode(file: string, { className, config, weights }: KerasConversion): string {
  const value = (argument: number | boolean | readonly number[]): string =>
    typeof argument === "boolean"
      ? argument
        ? "True"
        : "False"
      : typeof argument === "number"
        ? pythonNumber(argument)
        : `[${argument.join(", ")}]`;
  const passed = Object.entries(config).map(([name, argument]) => `${name}=${value(argument)}`);
  const names = weights.map(({ name }) => JSON.stringify(name)).join(", ");
  return [
    "import keras, numpy",
    `layer = keras.layers.${className}(${passed.join(", ")})`,
    "layer.build(x.shape)",
    `layer.set_weights([numpy.load(${file})[name] for name in [${names}]])`,
  ].join("\n");
}

/** Little-endian bytes of typed arrays, as every machine that runs Node has them. */
const bytesOf = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
