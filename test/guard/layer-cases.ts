import { BatchNorm, createInlineEngine, InstanceNorm, LayerNorm, tensorIn } from "@normstream/pipeline";
import { type Counts, clearCounts, countsIn } from "./counted-module.js";
import { type Case, noise } from "./workbench.js";

const pool = createInlineEngine();
const { memory } = pool.heap;

const LAYERS = {
  "batch norm": (channels: number) => new BatchNorm(channels, { pool }),
  "instance norm": (channels: number) => new InstanceNorm(channels, { pool, affine: true }),
  "layer norm": (channels: number) => new LayerNorm(channels, { pool }),
};

/** Forward and backward of a layer in training, on the calling thread, all kernels of it together. */
function layer(name: keyof typeof LAYERS, shape: readonly number[], layout?: "NCHW" | "NHWC"): Case[] {
  const values = shape.reduce((a, b) => a * b);
  const channels = (layout === "NCHW" ? shape[1] : shape.at(-1)) as number;
  const data = Float32Array.from({ length: values }, (_, i) => noise(i) - 0.5);
  const counts = async (way: "forward" | "backward"): Promise<Counts> => {
    const norm = LAYERS[name](channels);
    norm.weight?.fill(1.1);
    using x = tensorIn(pool, shape, "float32", { data, ...(layout ? { layout } : {}) });
    clearCounts(memory);
    using y = await norm.forward(x);
    if (way === "forward") return countsIn(memory);
    clearCounts(memory);
    using _ = (await norm.backward(y)).dx;
    return countsIn(memory);
  };
  return (["forward", "backward"] as const).map((way) => ({
    name: `${name} ${way} [${shape.join(", ")}]${layout ? ` ${layout}` : ""}`,
    values,
    run: () => counts(way),
  }));
}

export const LAYER_CASES: readonly Case[] = [
  ...layer("batch norm", [4, 16, 56, 56], "NCHW"),
  ...layer("batch norm", [4, 56, 56, 64], "NHWC"),
  ...layer("batch norm", [64, 16, 7, 7], "NCHW"),
  ...layer("instance norm", [4, 16, 56, 56], "NCHW"),
  ...layer("layer norm", [256, 768]),
];
