import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("names", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "COUNT",
      "Fold",
      "LEAF",
      "M2",
      "MAX",
      "MEAN",
      "MIN",
      "NAN",
      "NEG_INF",
      "NORMS",
      "PANEL",
      "POS_INF",
      "ROW",
      "ROW_BYTES",
      "TABLE_FORMAT",
      "TableBuilder",
      "blockCount",
      "blockStart",
      "digestText",
      "elementReader",
      "elementWriter",
      "emptyRow",
      "finishRows",
      "foldRows",
      "grainOf",
      "initialAverages",
      "leafRow",
      "mergeChannels",
      "mergeRow",
      "referenceKernel",
      "tableShape",
      "updateAverages",
      "widenBfloat16",
      "widenFloat16",
    ]
  `);
});
