import { expect, test } from "vitest";
import * as formats from "../src/index.js";

test("the package's public names", () => {
  expect(Object.keys(formats).sort()).toEqual([
    "SINK_FORMATS",
    "checkOutput",
    "crc32",
    "crc32Combine",
    "crc32OfPieces",
    "createSink",
    "describeFile",
    "encodeNpyHeader",
    "encodeSafetensors",
    "fileByteSource",
    "openRangeWriter",
    "openTensor",
    "readNamedTensors",
    "readSafetensorsMetadata",
    "readVector",
    "readZipMember",
    "widen",
    "writeFileAtomically",
    "writeNpz",
  ]);
});
