/** A node of the graph: one normalization, or a transpose around it. */
export interface OnnxNode {
  readonly opType: string;
  /** Names of tensors: `x`, the initializers, what other nodes give. */
  readonly inputs: readonly string[];
  readonly output: string;
  /** By name, in the order in which they are written. */
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export type OnnxAttribute = { readonly float: number } | { readonly int: number } | { readonly ints: readonly number[] };

/** Constants of the graph, float32. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A graph of one input `x` and one output `y`, float32, of the same shape. */
export interface OnnxGraph {
  /** The oldest operator set that has the nodes, so that old runtimes read them too. */
  readonly opset: number;
  readonly irVersion: number;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  /** Extents, or the names of free ones: `["N", 3, "H", "W"]`. */
  readonly shape: readonly (number | string)[];
  readonly metadata: Readonly<Record<string, string>>;
}
