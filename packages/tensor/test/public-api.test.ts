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
      "formatShape",
      "fromPlainError",
      "geometryOf",
      "internalError",
      "ioError",
      "isExactInteger",
      "itemSize",
      "parseDType",
      "parseLayout",
      "throwIfAborted",
      "toPlainError",
      "usageError",
    ]
  `);
});
