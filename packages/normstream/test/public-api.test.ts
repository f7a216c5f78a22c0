import { expect, test } from "vitest";
import * as normstream from "../src/index.js";

test("the package's public names", () => {
  expect(Object.keys(normstream).sort()).toEqual([
    "BatchNorm",
    "GroupNorm",
    "InstanceNorm",
    "LayerNorm",
    "NormstreamError",
    "REPORT_MIME",
    "adviseNorm",
    "applyLayer",
    "checkData",
    "computeStatistics",
    "computeStatistics$",
    "createPool",
    "createReport",
    "decodeReport",
    "describeInstances",
    "encodeReport",
    "fromBytes",
    "fromTensors",
    "loadTensor",
    "mergeMoments",
    "momentsOf",
    "normalize",
    "openTensor",
    "shard",
    "standardize",
    "tensor",
    "windowed",
  ]);
});
