import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

interface Job {
  readonly name: string;
  readonly contenders: readonly { readonly name: string; readonly ms: { readonly median: number } }[];
  readonly disagreements: readonly string[];
}

const timeoutMs = 90_000;

test("every job of the benchmark runs, and the peers agree with what Normstream computes", { timeout: timeoutMs }, () => {
  const folder = mkdtempSync(join(tmpdir(), "normstream-bench-test-"));
  try {
    const json = join(folder, "report.json");
    const script = fileURLToPath(new URL("./run.mjs", import.meta.url));
    const args = [script, "--size", "small", "--rounds", "1", "--json", json, "--folder", folder];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: timeoutMs });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const report: { missing: string[]; jobs: Job[] } = JSON.parse(readFileSync(json, "utf8"));
    // Peers may be missing here, but not our own command.
    expect(report.missing.filter((line) => line.startsWith("the command"))).toEqual([]);
    expect(report.jobs.map(({ name }) => name)).toEqual([
      "limits",
      "file statistics",
      "small file, whole process",
      "file normalize, statistics given",
      "file normalize, complete",
      "memory statistics",
      "memory statistics far from 0",
      "memory batch norm",
      "memory instance norm",
      "layer batch norm, forward",
      "layer instance norm, forward",
      "layer batch norm, backward",
      "layer instance norm, backward",
      "table of 8 columns, float32",
      "table of 64 columns, float32",
      "table of 256 columns, float32",
      "table of 1000 columns, float32",
      "table of 64 columns, float64",
      "table of 64 columns, uint8",
      "table of 1000 columns, uint8",
    ]);
    for (const { name, contenders, disagreements } of report.jobs) {
      expect({ name, disagreements }).toEqual({ name, disagreements: [] });
      expect(contenders.filter(({ ms }) => !(ms.median > 0))).toEqual([]);
    }
    expect(readdirSync(folder)).toEqual(["report.json"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
