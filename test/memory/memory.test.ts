import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

interface Report {
  readonly runs: readonly { readonly command: string; readonly what: string; readonly peakBytes: number }[];
  readonly checks: readonly { readonly text: string; readonly holds: boolean }[];
  readonly skipped: readonly string[];
}

const timeoutMs = 180_000;
/** Resident memory is read where Linux tells it. */
const measurable = process.platform === "linux";

test.skipIf(!measurable)(
  "the command stays within --memory 256MB + 120 MB on 2 GB and 8 GB files, and takes as much for one as for the other",
  { timeout: timeoutMs },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "normstream-memory-test-"));
    try {
      const json = join(folder, "report.json");
      const script = fileURLToPath(new URL("../bench/run.mjs", import.meta.url));
      const args = [script, "--memory", "--json", json, "--folder", folder];
      const { stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: timeoutMs });
      if (!existsSync(json)) throw new Error(`no report: ${stderr}`);
      const report: Report = JSON.parse(readFileSync(json, "utf8"));
      const expected = ["stats of 2 GB", "stats of 8 GB", ...(report.skipped.length > 0 ? [] : ["normalize of 2 GB"])];
      expect(report.runs.map(({ command, what }) => `${command} of ${what}`)).toEqual(expected);
      const peaks = report.runs.map(({ command, what, peakBytes }) => `${command} of ${what}: ${peakBytes / 1e6} MB`).join(", ");
      expect(
        report.checks.filter(({ holds }) => !holds).map(({ text }) => text),
        peaks,
      ).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
