/** A node of the graph: one normalization, or a transpose around it. */
export interface OnnxNode {
  /** The operator, by ONNX's name. */
  readonly opType: string;
  /** Names of tensors: `x`, the initializers, what other nodes give. */
  readonly inputs: readonly string[];
  /** Name of the tensor that it gives. */
  readonly output: string;
  /** By name, in the order in which they are written. */
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** An attribute of a node, by its type. */
export type OnnxAttribute =
  | {
      /** Rounded to float32. */
      readonly float: number;
    }
  | {
      /** A whole number. */
      readonly int: number;
    }
  | {
      /** Whole numbers. */
      readonly ints: readonly number[];
    };

/** Constants of the graph, float32. */
export interface OnnxTensor {
  /** By which nodes take it. */
  readonly name: string;
  /** Its extents. */
  readonly shape: readonly number[];
  /** In C order. */
  readonly data: Float32Array;
}

/** A graph of one input `x` and one output `y`, float32, of the same shape. */
export interface OnnxGraph {
  /** The oldest operator set that has the nodes, so that old runtimes read them too. */
  readonly opset: number;
  /** Version of the file format that came with the operator set. */
  readonly irVersion: number;
  /** In the order in which they run. */
  readonly nodes: readonly OnnxNode[];
  /** Weight, bias, mean, variance. */
  readonly initializers: readonly OnnxTensor[];
  /** Extents, or the names of free ones: `["N", 3, "H", "W"]`. */
  readonly shape: readonly (number | string)[];
  /** Strings that the file keeps: input, digest and so on. */
  readonly metadata: Readonly<Record<string, string>>;
}
