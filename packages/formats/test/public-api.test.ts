import { expect, test } from "vitest";
import * as formats from "../src/index.js";

test("the package's public names", () => {
  expect(Object.keys(formats).sort()).toEqual([
    "ImageReader",
    "SINK_FORMATS",
    "addMissing",
    "checkOutput",
    "crc32",
    "crc32Combine",
    "crc32OfPieces",
    "createSink",
    "describeFile",
    "encodeNpyHeader",
    "encodeSafetensors",
    "fileByteSource",
    "fileState",
    "openByteSource",
    "openRangeWriter",
    "openRegions",
    "openTensor",
    "readNamedTensors",
    "readSafetensorsMetadata",
    "readVector",
    "readZipMember",
    "storedState",
    "swapBytes",
    "widen",
    "writeFileAtomically",
    "writeNpz",
    "writePictures",
  ]);
});
