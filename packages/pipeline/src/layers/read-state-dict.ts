import { type NamedTensor, readNamedTensors } from "@normstream/formats";
import { usageError } from "@normstream/tensor";
import { assertOptions, assertSignal } from "../arguments.js";
import type { StateTensor } from "./state-dict.js";

/** Which layer's entries `readStateDict` takes out of a file. */
export interface ReadStateDictOptions {
  /** What stands before the layer's names in the file of a model: `features.1` for `features.1.weight`. Default nothing. */
  readonly prefix?: string;
  /** Stops the reading with an error of kind `aborted`. */
  readonly signal?: AbortSignal;
}

/** What torch.save writes. */
const PICKLES = /\.(pt|pth|pkl|ckpt|bin)$/i;
/** A message lists no more modules than this. */
const MAX_LISTED = 12;

/**
 * Reads the state dict of one layer from a `.safetensors` file (what `safetensors.torch.save_file(model.state_dict(), path)` writes, or
 * `normstream export --to torch`, or `normstream stats -o`), or from a `.npz`. `layer.loadStateDict` takes it.
 * Entries of the modules inside the named one are left out.
 * @returns the entries without their prefix, with their shapes: float64, float32 or int64 as the file has them, 16-bit floats widened to float32
 * @throws NormstreamError: `usage` where the file holds no entries of such a layer (it says of which it does), or is a pickle of PyTorch's;
 *   `data` where it is damaged, or an entry's dtype is not supported; `io`
 */
export async function readStateDict(
  path: string,
  options: ReadStateDictOptions = {},
): Promise<Readonly<Record<string, StateTensor>>> {
  assertOptions(options, "options of readStateDict");
  const { prefix = "", signal } = options;
  assertSignal(signal);
  if (typeof path !== "string") throw usageError("no file to read a state dict from", { expected: "its path" });
  if (typeof prefix !== "string") throw usageError("the prefix of a state dict is no text", { expected: "such as features.1" });
  if (PICKLES.test(path)) {
    throw usageError("PyTorch's pickles are not read: they are programs", {
      file: path,
      expected: ".safetensors or .npz",
      hint: "Save it with safetensors.torch.save_file(model.state_dict(), path).",
    });
  }
  const start = prefix === "" || prefix.endsWith(".") ? prefix : `${prefix}.`;
  const isOfLayer = (name: string) => name.startsWith(start) && !name.slice(start.length).includes(".");
  const { tensors, names } = await readNamedTensors(path, isOfLayer, signal);
  if (tensors.length === 0) throw nothingOf(path, start, names);
  return Object.fromEntries(tensors.map((tensor) => [tensor.name.slice(start.length), stateTensorOf(tensor)]));
}

function nothingOf(file: string, start: string, names: readonly string[]): Error {
  const modules = [...new Set(names.map((name) => name.slice(0, Math.max(0, name.lastIndexOf(".")))))].map((name) =>
    name === "" ? "one without a prefix" : name,
  );
  const listed = modules.slice(0, MAX_LISTED).join(", ") + (modules.length > MAX_LISTED ? ", …" : "");
  return usageError(`the file holds no state of a layer ${start === "" ? "without a prefix" : `"${start.slice(0, -1)}"`}`, {
    file,
    hint: names.length === 0 ? "Write it with safetensors.torch.save_file." : `It holds: ${listed}. Name one with prefix.`,
  });
}

function stateTensorOf({ shape, dtype, data }: NamedTensor): StateTensor {
  if (data instanceof BigInt64Array || dtype === "float64" || dtype === "int32") return { shape, data };
  return { shape, data: Float32Array.from(data) };
}
