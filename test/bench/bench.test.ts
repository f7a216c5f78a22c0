import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

interface Job {
  readonly name: string;
  readonly contenders: readonly {
    readonly name: string;
    readonly ms: { readonly median: number };
    readonly error: number | null;
  }[];
  readonly disagreements: readonly string[];
  readonly skipped: readonly string[];
}

/** What stands beside a job for a feel, and computes nothing that could be wrong. */
const FEEL = /memcpy|pread|sha256sum|cat >|node -e/;

/** Dozens of processes start one after the other, and each has to find a core. */
const timeoutMs = 300_000;

test("every job of the benchmark runs, and the peers agree with what Normstream computes", { timeout: timeoutMs }, () => {
  const folder = mkdtempSync(join(tmpdir(), "normstream-bench-test-"));
  try {
    const json = join(folder, "report.json");
    const script = fileURLToPath(new URL("./run.mjs", import.meta.url));
    const args = [script, "--size", "small", "--rounds", "1", "--json", json, "--folder", folder];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: timeoutMs });
    const complaints = stdout.split("\n").filter((line) => /WRONG|BROKEN/.test(line));
    expect({ status, complaints, stderr }).toMatchObject({ status: 0, complaints: [] });
    const report: { missing: string[]; jobs: Job[] } = JSON.parse(readFileSync(json, "utf8"));
    // Peers may be missing here, but not our own command.
    expect(report.missing.filter((line) => line.startsWith("the command"))).toEqual([]);
    expect(report.jobs.map(({ name }) => name)).toEqual([
      "limits",
      "file statistics",
      "file statistics, cold",
      "small file, whole process",
      "file normalize, statistics given",
      "file normalize, complete",
      "table in a Parquet file",
      "folder of PNG files",
      "memory statistics",
      "memory statistics of many channels",
      "memory statistics of few values",
      "memory statistics far from 0",
      "memory statistics, channels last",
      "memory statistics of few values, channels last",
      "memory statistics, float16",
      "memory statistics, uint8",
      "memory batch norm",
      "memory instance norm",
      "layer batch norm, forward",
      "layer batch norm, forward, many channels",
      "layer batch norm, forward, few values",
      "layer batch norm, forward, channels last",
      "layer batch norm, forward, few values, channels last",
      "layer batch norm, inference",
      "layer instance norm, forward",
      "layer instance norm, forward, many channels",
      "layer instance norm, forward, few values",
      "layer batch norm, backward",
      "layer batch norm, backward, many channels",
      "layer batch norm, backward, few values",
      "layer batch norm, backward, channels last",
      "layer instance norm, backward",
      "layer instance norm, backward, many channels",
      "layer instance norm, backward, few values",
      "table of 8 columns, float32",
      "table of 64 columns, float32",
      "table of 256 columns, float32",
      "table of 1000 columns, float32",
      "table of 64 columns, float64",
      "table of 64 columns, uint8",
      "table of 1000 columns, uint8",
      "memory statistics by threads",
      "file statistics by threads",
      "file statistics by bytes",
    ]);
    for (const { name, contenders, disagreements, skipped } of report.jobs) {
      expect({ name, disagreements }).toEqual({ name, disagreements: [] });
      expect(contenders.filter(({ ms }) => !(ms.median > 0))).toEqual([]);
      expect(contenders.filter(({ name, error }) => error === null && !FEEL.test(name))).toEqual([]);
      // Normstream takes part in each job that is not skipped; the machine's limits are C's alone.
      if (name !== "limits" && skipped.length === 0) expect(contenders.some(({ name }) => /^normstream/i.test(name))).toBe(true);
    }
    expect(readdirSync(folder)).toEqual(["report.json"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
