import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts", "extension/test/**/*.test.ts"],
    // These need a browser, a Redis server, or a whole VS Code: npm run test:browser, test:cluster, test:e2e.
    exclude: ["**/node_modules/**", "test/browser/**", "test/cluster/**", "test/e2e/**"],
    pool: "forks",
    maxWorkers: 2,
    // What takes 5 s alone takes 20 on two cores that others use too.
    testTimeout: 90_000,
    hookTimeout: 60_000,
    // The built package is what users get: tests that import it by name run it as it is.
    server: { deps: { external: [/\/packages\/normstream\/dist\//] } },
  },
});
