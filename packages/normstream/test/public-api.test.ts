import { expect, test } from "vitest";
import * as normstream from "../src/index.js";

test("the package's public names", () => {
  expect(Object.keys(normstream).sort()).toEqual([
    "BatchNorm",
    "GroupNorm",
    "InstanceNorm",
    "LayerNorm",
    "NormstreamError",
    "addStatistics",
    "applyLayer",
    "compareStatistics",
    "computeStatistics",
    "computeStatistics$",
    "createPool",
    "fromBytes",
    "fromTensors",
    "loadTensor",
    "mergeMoments",
    "momentsOf",
    "normalize",
    "openTensor",
    "removeStatistics",
    "removeSummary",
    "shard",
    "standardize",
    "tensor",
    "windowed",
  ]);
});
