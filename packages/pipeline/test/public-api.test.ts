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
      "applyLayer",
      "compareStatistics",
      "createInlineEngine",
      "disposedError",
      "engineOf",
      "findTableMeta",
      "fromBytes",
      "fromTensors",
      "isInHeap",
      "joinedNames",
      "loadTensor",
      "mergeMoments",
      "mergeTables",
      "momentsOf",
      "normalizeToFile",
      "normalizeToTensor",
      "planNormalize",
      "planStatistics",
      "pullInOrder",
      "readRegions",
      "removeStatistics",
      "removeSummary",
      "shard",
      "standardize",
      "statistics$",
      "statisticsOf",
      "tensorIn",
      "windowed",
      "workspaceBytes",
      "writeTable",
    ]
  `);
});
