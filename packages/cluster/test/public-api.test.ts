import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("names", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "ClusterEngine",
      "clusterPlace",
      "connectRedis",
      "isClusterUrl",
      "openRunControl",
      "openTelemetry",
      "planClusters",
      "runClusterWorker",
      "sampledMs",
      "simulateRun",
      "startHealth",
    ]
  `);
});
