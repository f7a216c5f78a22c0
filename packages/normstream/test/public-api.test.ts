import { expect, test } from "vitest";
import * as normstream from "../src/index.js";

test("the package's public names", () => {
  expect(Object.keys(normstream).sort()).toEqual([
    "BatchNorm",
    "CONVENTIONS",
    "GroupNorm",
    "InstanceNorm",
    "LayerNorm",
    "NormstreamError",
    "applyLayer",
    "computeStatistics",
    "computeStatistics$",
    "createPool",
    "fromBytes",
    "fromTensors",
    "loadTensor",
    "loadingCode",
    "mergeMoments",
    "momentsOf",
    "normalize",
    "openTensor",
    "shard",
    "standardize",
    "tensor",
    "tfjsArtifacts",
    "toKeras",
    "toOnnx",
    "toPyTorch",
    "toSklearn",
    "toTorchvision",
    "windowed",
    "writeConversion",
  ]);
});
