import { defineConfig } from "vitest/config";

/** What needs a Redis server and several processes: `npm run test:cluster`. */
export default defineConfig({
  test: {
    include: ["test/cluster/**/*.test.ts"],
    globalSetup: ["test/cluster/set-up.ts"],
    // In CI, where a second program on the same cores makes processes late: once more. The log says where that was needed.
    retry: process.env.CI ? 1 : 0,
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // The built package is what users get: tests that import it by name run it as it is.
    server: { deps: { external: [/\/packages\/normstream\/dist\//] } },
  },
});
