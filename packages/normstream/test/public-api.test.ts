import { expect, test } from "vitest";
import * as normstream from "../src/index.js";

test("the package's public names", () => {
  expect(Object.keys(normstream).sort()).toEqual([
    "BatchNorm",
    "GroupNorm",
    "InstanceNorm",
    "LayerNorm",
    "NormstreamError",
    "computeStatistics",
    "computeStatistics$",
    "createPool",
    "loadTensor",
    "normalize",
    "openTensor",
    "tensor",
  ]);
});
