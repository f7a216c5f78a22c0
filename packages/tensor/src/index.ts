export type { ByteSource } from "./byte-source.js";
export { DTYPES, type DType, isExactInteger, itemSize, parseDType, type StoredDType } from "./dtype.js";
export {
  abortedError,
  dataError,
  type ErrorDetails,
  type ErrorKind,
  fromPlainError,
  internalError,
  ioError,
  NormstreamError,
  type PlainError,
  throwIfAborted,
  toPlainError,
  usageError,
} from "./errors.js";
export { defaultLayout, type Geometry, geometryOf, LAYOUTS, type Layout, parseLayout } from "./layout.js";
export {
  firstElement,
  forEachRun,
  isContiguous,
  isInterleaved,
  packedStrides,
  type Region,
  regionSize,
  type Strides,
  stridesOf,
} from "./region.js";
export { elementCount, formatShape } from "./shape.js";
export type {
  AnyStorage,
  ArrayPart,
  DecodedStorage,
  FileIdentity,
  FileStorage,
  ImageDecoding,
  ImagePart,
  ImagesStorage,
  MemoryStorage,
  PartsStorage,
  PixelSize,
  StoredTensor,
  StreamStorage,
  TensorSource,
} from "./tensor-source.js";
