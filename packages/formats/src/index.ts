export { writeFileAtomically } from "./bytes/atomic-file.js";
export { openByteSource } from "./bytes/byte-source-opening.js";
export { swapBytes } from "./bytes/byte-swap.js";
export { type ChecksumPiece, crc32, crc32Combine, crc32OfPieces } from "./bytes/crc32.js";
export { fileByteSource } from "./bytes/file-byte-source.js";
export { flushRange } from "./bytes/flush-range.js";
export { checkOutput, type OutputOptions, type OutputTarget } from "./bytes/output-target.js";
export { openRangeWriter, type RangeWriter, type SinkRange } from "./bytes/range-writer.js";
export { widen } from "./bytes/widening.js";
export { describeFile, type FileDescription } from "./file-description.js";
export type { DecodedImage } from "./images/decoded-image.js";
export { ImageReader, type SkippedImage } from "./images/image-reader.js";
export { type Picture, writePictures } from "./images/picture-folder.js";
export { installedReaders } from "./installed-readers.js";
export { type FileChange, fileChanges } from "./lineage/file-changes.js";
export { FileList, fileOf, parseFileLine } from "./lineage/file-list.js";
export { type SourceFile, sourceFiles } from "./lineage/source-files.js";
export { findManifest, holdsManifest } from "./manifest/manifest-place.js";
export { draftOf } from "./manifest-drafting.js";
export { encodeNpyHeader } from "./npy/encoder.js";
export { readZipMember, type ZipMemberOptions, zipMemberLines } from "./npz/member.js";
export { type MemberStream, type WriteOptions, writeNpz } from "./npz/writer.js";
export { assertObjectsUnchanged } from "./places/object-states.js";
export { isFarPlace, placeName } from "./places/place.js";
export { connectS3 } from "./places/s3-client.js";
export { openRegions } from "./regions/region-opening.js";
export {
  addMissing,
  type MissingChunks,
  type Part,
  type ReadableStorage,
  type ReadObject,
  type RegionReader,
} from "./regions/region-reader.js";
export { fileState, storedState } from "./regions/stored-state.js";
export { encodeSafetensors, type SmallTensor } from "./safetensors/encoder.js";
export { readSafetensorsMetadata } from "./safetensors/metadata.js";
export { createSink } from "./sink.js";
export { SINK_FORMATS, type SinkFormat } from "./sink-registry.js";
export { type NamedTensor, readNamedTensors } from "./small-tensors.js";
export type { ChunkOptions, ImageOptions, Packing, RawDescription } from "./stored-array.js";
export type { TensorDescription } from "./tensor-description.js";
export { type OpenOptions, openTensor } from "./tensor-opening.js";
export type { SinkOptions, TensorSink } from "./tensor-sink.js";
export { readVector } from "./vector.js";
