// The test command behind `npm test`:  node scripts/test.mjs [vitest's arguments: a filter, -t NAME, …]
// Runs every suite, and ends with one line, `N passed, N failed`, summed over all of them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root } from "./stamps.mjs";

/** Runs vitest and reads its report. Failures carry what to print again at the end, where it is not scrolled away. */
function runVitest(args) {
  const folder = mkdtempSync(join(tmpdir(), "normstream-test-"));
  const file = join(folder, "report.json");
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const { status, signal } = spawnSync(process.execPath, [vitest, "run", ...reporters, ...args], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  try {
    return summarize(JSON.parse(readFileSync(file, "utf8")), status);
  } catch (error) {
    if (error.code !== "ENOENT" && !(error instanceof SyntaxError)) throw error;
    return {
      passed: 0,
      skipped: 0,
      failures: [{ name: "vitest", message: `left no report (${signal ?? `exit code ${status}`})` }],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function summarize(report, status) {
  const failures = report.testResults.flatMap((file) => {
    const name = relative(root, file.name);
    const failed = file.assertionResults.filter((test) => test.status === "failed");
    // A file that does not load, or whose hooks throw, fails with no failed test in it.
    if (failed.length === 0 && file.status === "failed") return [{ name, message: file.message || "did not load" }];
    return failed.map((test) => ({ name: `${name} › ${test.fullName}`, message: test.failureMessages.join("\n") }));
  });
  const passed = report.numPassedTests;
  if (status !== 0 && failures.length === 0) {
    const message =
      passed === 0 ? "no test ran" : `ended with exit code ${status} although no test failed: an unhandled error, see above`;
    failures.push({ name: "vitest", message });
  }
  return { passed, skipped: report.numPendingTests + report.numTodoTests, failures };
}

const suites = [runVitest(process.argv.slice(2))];
const failures = suites.flatMap((suite) => suite.failures);
const passed = suites.reduce((sum, suite) => sum + suite.passed, 0);
const skipped = suites.reduce((sum, suite) => sum + suite.skipped, 0);
if (passed === 0 && failures.length === 0) failures.push({ name: "all suites", message: "no test ran" });

for (const { name, message } of failures)
  process.stdout.write(`\nFAILED ${name}\n${message.split("\n").slice(0, 12).join("\n")}\n`);
process.stdout.write(`\n${passed} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
