import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("names", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "BatchNorm",
      "DEFAULT_MEMORY_BYTES",
      "GroupNorm",
      "Heap",
      "InstanceNorm",
      "LayerNorm",
      "PASS_FLAGS",
      "ShardExecutor",
      "Statistics",
      "createInlineEngine",
      "disposedError",
      "engineOf",
      "findTableMeta",
      "isInHeap",
      "joinedNames",
      "loadTensor",
      "mergeTables",
      "normalizeToFile",
      "normalizeToTensor",
      "planNormalize",
      "planStatistics",
      "pullInOrder",
      "statistics$",
      "statisticsOf",
      "tensorIn",
      "workspaceBytes",
      "writeTable",
    ]
  `);
});
