import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts", "extension/test/**/*.test.ts"],
    // These need a browser, a Redis server, or a whole VS Code: npm run test:browser, test:cluster, test:e2e.
    exclude: ["**/node_modules/**", "test/browser/**", "test/cluster/**", "test/e2e/**"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // The built package is what users get: tests that import it by name run it as it is.
    server: { deps: { external: [/\/packages\/normstream\/dist\//] } },
  },
});
