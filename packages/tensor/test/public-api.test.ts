import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("names", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "DTYPES",
      "LAYOUTS",
      "NormstreamError",
      "abortedError",
      "dataError",
      "defaultLayout",
      "elementCount",
      "firstElement",
      "forEachRun",
      "formatShape",
      "fromPlainError",
      "geometryOf",
      "internalError",
      "ioError",
      "isContiguous",
      "isExactInteger",
      "isInterleaved",
      "itemSize",
      "packedStrides",
      "parseDType",
      "parseLayout",
      "regionSize",
      "stridesOf",
      "throwIfAborted",
      "toPlainError",
      "usageError",
    ]
  `);
});
