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
      "PAIR",
      "PAIR_BYTES",
      "PANEL",
      "POS_INF",
      "ROW",
      "ROW_BYTES",
      "SumFold",
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
      "gradientLeaf",
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
