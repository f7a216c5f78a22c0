import { defineConfig } from "vitest/config";

/** What needs a whole VS Code: `npm run test:e2e`. */
export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts"],
    globalSetup: ["test/e2e/set-up.ts"],
    // In CI, where a second program on the same cores makes a whole VS Code late: once more. The log says where that was needed.
    retry: process.env.CI ? 1 : 0,
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
