/** A framework that a normalization can be written for. */
export type Target = "torch" | "keras" | "onnx" | "sklearn" | "torchvision";

/** All of them. */
export const TARGETS: readonly Target[] = ["torch", "keras", "onnx", "sklearn", "torchvision"];

/** How a framework writes batch normalization down. */
export interface Convention {
  /** What it calls itself in a sentence. */
  readonly name: string;
  /** Which value the momentum weighs: PyTorch's that of the new batch, Keras's and ONNX's the old average; null where there is none. */
  readonly momentumOf: "new" | "old" | null;
  /** What a layer has where nobody says otherwise; null where there is none. */
  readonly defaultMomentum: number | null;
  /** What it adds to the variance where nobody says otherwise; 0 where it adds nothing. */
  readonly defaultEps: number;
  /** What it divides the sum of squares by when it averages variances itself: n − correction. */
  readonly correction: 0 | 1;
  /** Its name of the scale γ; null where it has none. */
  readonly weight: string | null;
  /** Its name of the shift β; null where it has none. */
  readonly bias: string | null;
  /** Its name of the mean. */
  readonly mean: string;
  /** Its name of the variance; null where it takes a std. */
  readonly variance: string | null;
}

/** How a framework writes its layer of batch normalization down: one that has momentum, weight and bias. */
export interface LayerConvention extends Convention {
  readonly momentumOf: "new" | "old";
  readonly defaultMomentum: number;
  readonly weight: string;
  readonly bias: string;
  readonly variance: string;
}

/**
 * The conventions side by side, from the frameworks' own sources:
 * - torch: `torch/nn/modules/batchnorm.py` and `torch.nn.BatchNorm2d`: "the update rule for running statistics here is
 *   x_new = (1 − momentum) × x + momentum × x_t"; the running variance is "calculated via the unbiased estimator".
 * - keras: `keras/src/layers/normalization/batch_normalization.py`: "moving_mean = moving_mean * momentum + mean(batch) *
 *   (1 - momentum)", the variance that of `ops.moments`, which divides by n.
 * - onnx: `docs/Operators.md`, BatchNormalization-15: "running_mean = input_mean * momentum + current_mean * (1 - momentum)"; "ReduceVar
 *   refers to the population variance".
 * - sklearn: `sklearn/preprocessing/_data.py`, StandardScaler: "a biased estimator for the standard deviation, equivalent to
 *   numpy.std(x, ddof=0)".
 * - torchvision: `torchvision.transforms.Normalize`: "output[channel] = (input[channel] - mean[channel]) / std[channel]". It only divides;
 *   Normstream's own `std` is what it is given.
 */
export const CONVENTIONS: Readonly<
  Record<"torch" | "keras" | "onnx", LayerConvention> & Record<"sklearn" | "torchvision", Convention>
> = {
  torch: {
    name: "PyTorch",
    momentumOf: "new",
    defaultMomentum: 0.1,
    defaultEps: 1e-5,
    correction: 1,
    weight: "weight",
    bias: "bias",
    mean: "running_mean",
    variance: "running_var",
  },
  keras: {
    name: "Keras",
    momentumOf: "old",
    defaultMomentum: 0.99,
    defaultEps: 1e-3,
    correction: 0,
    weight: "gamma",
    bias: "beta",
    mean: "moving_mean",
    variance: "moving_variance",
  },
  onnx: {
    name: "ONNX",
    momentumOf: "old",
    defaultMomentum: 0.9,
    defaultEps: 1e-5,
    correction: 0,
    weight: "scale",
    bias: "B",
    mean: "input_mean",
    variance: "input_var",
  },
  sklearn: {
    name: "scikit-learn",
    momentumOf: null,
    defaultMomentum: null,
    defaultEps: 0,
    correction: 0,
    weight: null,
    bias: null,
    mean: "mean_",
    variance: "var_",
  },
  torchvision: {
    name: "torchvision",
    momentumOf: null,
    defaultMomentum: null,
    defaultEps: 0,
    correction: 0,
    weight: null,
    bias: null,
    mean: "mean",
    variance: null,
  },
};

/** The number of the same update rule under the other direction: 1 − m, without the last bits of float64's 1 − 0.3. */
export const otherDirection = (momentum: number): number => Number((1 - momentum).toPrecision(15));
