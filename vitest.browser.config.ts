import { defineConfig } from "vitest/config";

/** What needs a real browser: `npm run test:browser`. */
export default defineConfig({
  test: {
    include: ["test/browser/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 90_000,
    hookTimeout: 60_000,
    server: { deps: { external: [/\/packages\/normstream\/dist\//] } },
  },
});
