import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("stream.mjs", import.meta.url));

// 10,000 tensors take some minutes: `node test/memory/stream.mjs`. What would grow with them grows with these.
test("400 tensors of 4 MB, a consumer ten times slower than the producer: memory is bounded, and nothing is left", () => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, "400"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const found = JSON.parse(stdout);
  expect(found).toMatchObject({ consumed: 400, mostAlive: 4, areFinite: true, bytesLeft: 0, left: [] });
  expect(found.peakMB).toBeLessThan(300);
  expect(found.baselineMs).toBeLessThan(100);
}, 120_000);
