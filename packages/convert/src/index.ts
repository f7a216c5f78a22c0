export { CONVENTIONS, type Convention, type LayerConvention, TARGETS, type Target } from "./conventions.js";
export {
  type Conversion,
  checkConversionPath,
  loadingCode,
  type WriteConversionOptions,
  writeConversion,
} from "./conversion-file.js";
export { type KerasConversion, type KerasWeight, toKeras } from "./keras.js";
export type { ConvertibleStatistics, ConvertOptions, ConvertSource } from "./norm-model.js";
export { type OnnxConversion, toOnnx } from "./onnx.js";
export type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor } from "./onnx-graph.js";
export { type PyTorchConversion, type PyTorchOptions, toPyTorch } from "./pytorch.js";
export { type SklearnAttributes, type SklearnConversion, toSklearn } from "./sklearn.js";
export { type TfjsArtifacts, type TfjsWeightSpec, tfjsArtifacts } from "./tfjs-model.js";
export { type TorchvisionConversion, type TorchvisionOptions, toTorchvision } from "./torchvision.js";
