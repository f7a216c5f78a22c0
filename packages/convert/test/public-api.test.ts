import { expect, test } from "vitest";
import * as convert from "../src/index.js";

test("the package's public names", () => {
  expect(Object.keys(convert).sort()).toEqual([
    "CONVENTIONS",
    "TARGETS",
    "checkConversionPath",
    "loadingCode",
    "tfjsArtifacts",
    "toKeras",
    "toOnnx",
    "toPyTorch",
    "toSklearn",
    "toTorchvision",
    "writeConversion",
  ]);
});
