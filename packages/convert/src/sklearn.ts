import { usageError } from "@normstream/tensor";
import { type ConvertSource, type NormModel, normModel, type RunningModel } from "./norm-model.js";
import { varianceFor } from "./running-numbers.js";
import { channelsText, countText, omittedText, originText } from "./wording.js";

/** The fitted attributes of a `sklearn.preprocessing.StandardScaler`, float64. */
export interface SklearnAttributes {
  /** One a feature. */
  readonly mean_: readonly number[];
  /** One a feature, divided by n. */
  readonly var_: readonly number[];
  /** √var_; 1 where a feature is constant. */
  readonly scale_: readonly number[];
  /** C */
  readonly n_features_in_: number;
  /** One a feature, where the data have names: the columns of a table, which a data frame has to have then. */
  readonly feature_names_in_?: readonly string[];
  /** Rows, or a list where features have lost unlike many to NaN; absent for the averages of a layer, which do not know it. */
  readonly n_samples_seen_?: number | readonly number[];
}

/** A fitted StandardScaler: what `toSklearn` gives. */
export interface SklearnConversion {
  /** Tells the conversions apart. */
  readonly target: "sklearn";
  /** By scikit-learn's names. */
  readonly attributes: SklearnAttributes;
  /** What was converted, and how, in sentences. */
  readonly text: string;
}

/**
 * Converts to the fitted attributes of scikit-learn's StandardScaler: features are channels, `var_` has correction 0, there is no eps, and
 * `scale_` is 1 where a feature is constant, by scikit-learn's own rule (`_is_constant_feature` in `sklearn/preprocessing/_data.py`).
 * @throws NormstreamError: `usage` for what is not a shift and scale of each feature; `data` for numbers that are not finite
 */
export function toSklearn(source: ConvertSource): SklearnConversion {
  const model = normModel(source);
  const running = standardizing(model, "StandardScaler");
  const { variance, text } = varianceFor(running, "sklearn", model.data?.input);
  const { mean, count } = running;
  const isConstant = (c: number) => isConstantFeature(variance[c] as number, mean[c] as number, count?.[c] ?? 1);
  const scale = variance.map((value, c) => (isConstant(c) ? 1 : Math.sqrt(value)));
  const names = model.data?.channelNames?.length === mean.length ? model.data.channelNames : undefined;
  const constants = [...mean.keys()].filter(isConstant);
  const seen = count && (count.every((values) => values === count[0]) ? (count[0] as number) : [...count]);
  const sentences = [
    `Converted ${originText(model)}, to the fitted attributes of sklearn.preprocessing.StandardScaler, ${countText(mean.length, "feature")}, float64.`,
    text,
    "scale_ is the root of var_: StandardScaler adds no eps.",
    ...(constants.length > 0
      ? [
          `${capital(channelsText(constants))} ${constants.length === 1 ? "is" : "are"} constant: scale_ is 1 there, as scikit-learn sets it.`,
        ]
      : []),
    ...(names ? ["feature_names_in_ are the names of the columns: transform compares those of a data frame with them."] : []),
    ...rowsText(model),
    ...omittedText(model),
    ...infiniteText(model),
    ...(model.data ? [] : ["A layer does not know how many rows it has seen: transform works, partial_fit does not."]),
  ];
  return {
    target: "sklearn",
    attributes: {
      mean_: [...mean],
      var_: [...variance],
      scale_: [...scale],
      n_features_in_: mean.length,
      ...(names ? { feature_names_in_: names } : {}),
      ...(seen === null ? {} : { n_samples_seen_: seen }),
    },
    text: sentences.join(" "),
  };
}

/**
 * The numbers of a normalization that only shifts and divides each channel, which is all that a scaler does.
 * @throws NormstreamError of kind `usage` where it does more, or less
 */
export function standardizing(model: NormModel, scaler: string): RunningModel {
  const { running, norm, weight, bias } = model;
  if (!running) {
    throw usageError(`${scaler} cannot express ${norm} norm${norm === "batch" ? " without running averages" : ""}`, {
      expected: "one mean and variance a channel: statistics, or batch norm with running averages",
      hint: "An ONNX model can.",
    });
  }
  const channel = [...running.mean.keys()].find((c) => (weight?.[c] ?? 1) !== 1 || (bias?.[c] ?? 0) !== 0);
  if (channel !== undefined) {
    throw usageError(`${scaler} has no weight and bias`, {
      channel,
      expected: "weight 1 and bias 0",
      found: `${weight?.[channel]} and ${bias?.[channel]}`,
      hint: "An ONNX model has them.",
    });
  }
  return running;
}

/** Whether a variance is no more than what rounding makes of a constant, by scikit-learn's bound. */
export const isConstantFeature = (variance: number, mean: number, count: number): boolean =>
  variance <= count * Number.EPSILON * variance + (count * mean * Number.EPSILON) ** 2;

/** What a row is, for data that are no table. */
function rowsText({ data }: NormModel): string[] {
  if (!data || data.layout === "NC") return [];
  const rows = {
    NCL: "x.transpose(0, 2, 1).reshape(-1, C)",
    NHW: "x.reshape(-1, 1)",
    NCHW: "x.transpose(0, 2, 3, 1).reshape(-1, C)",
    NHWC: "x.reshape(-1, C)",
    NCDHW: "x.transpose(0, 2, 3, 4, 1).reshape(-1, C)",
  }[data.layout];
  return [`Features are channels, and a row is one position: transform takes ${rows}.`];
}

const infiniteText = ({ data }: NormModel): string[] =>
  data?.infinite.some((count) => count > 0) ? ["StandardScaler itself leaves out NaN alone, and refuses infinities."] : [];

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
