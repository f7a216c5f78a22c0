// Measures Normstream against the peers that are installed:  npm run bench -- [options]
// README.md beside this file says what is compared and how.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { columnJobs } from "./column-jobs.mjs";
import { fileJobs } from "./file-jobs.mjs";
import { imageJobs } from "./image-jobs.mjs";
import { jobLines } from "./job-lines.mjs";
import { describeMachine, machineLines } from "./machine.mjs";
import { measureMemory } from "./memory.mjs";
import { memoryJobs } from "./memory-jobs.mjs";
import { normalizeJobs } from "./normalize-jobs.mjs";
import { parquetJobs } from "./parquet-jobs.mjs";
import { startPeers } from "./peers.mjs";
import { measure } from "./rounds.mjs";
import { scalingJobs } from "./scaling-jobs.mjs";
import { SIZES } from "./sizes.mjs";

const USAGE = `Usage: npm run bench -- [options]
  --rounds N         rounds of each job, default 5
  --only NAME        jobs whose name contains NAME; may be given again
  --size small|full  default full: 2 GB of input, up to 7 GB on the disk and in the page cache
  --gigabytes N      largest of the files that show what a byte costs, default 32: holes, which need no disk
  --npm-peers        install the peers that npm has, once, about 360 MB; those that are installed always take part
  --memory           measure peak memory of the command on 2 GB and 8 GB files instead of speed
  --full             with --memory: normalize 8 GB too, which writes 8 GB
  --json FILE        write the figures as JSON
  --folder DIR       where the files go while it runs, default the system's folder for temporary files`;

const options = readOptions();
const rounds = Number(options.rounds);
const size = SIZES[options.size];
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
if (!size) endWith(`--size ${options.size} is neither small nor full`);
if (!Number.isSafeInteger(rounds) || rounds < 1) endWith(`--rounds ${options.rounds} is not a whole number from 1`);

const gigabytes = Number(options.gigabytes);
if (!(gigabytes > 0)) endWith(`--gigabytes ${options.gigabytes} is no number above 0`);

const say = (text) => process.stderr.write(`${text}\n`);
const folder = mkdtempSync(join(options.folder, "normstream-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

const report = options.memory ? await measureMemory({ folder, full: options.full, say }) : await measureSpeed();
keep(report);
if (report.failed) process.exitCode = 1;

function readOptions() {
  try {
    return parseArgs({
      options: {
        rounds: { type: "string", default: "5" },
        only: { type: "string", multiple: true, default: [] },
        size: { type: "string", default: "full" },
        gigabytes: { type: "string", default: "32" },
        "npm-peers": { type: "boolean", default: false },
        memory: { type: "boolean", default: false },
        full: { type: "boolean", default: false },
        json: { type: "string" },
        folder: { type: "string", default: tmpdir() },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return endWith(error.message);
  }
}

/** Ends for a call that is wrong. */
function endWith(text) {
  process.stderr.write(`${text}\n\n${USAGE}\n`);
  process.exit(2);
}

/** Runs the jobs and prints each when it is done. A missed bar is a figure; a wrong answer is a failure. */
async function measureSpeed() {
  const peers = await startPeers(folder, options["npm-peers"]);
  const { versions, missing } = peers;
  const machine = describeMachine(versions);
  for (const line of machineLines(machine)) console.log(line);
  for (const line of missing) console.log(`missing: ${line}`);
  const judged = options.size === "full";
  console.log(
    `${rounds} rounds, size ${options.size}: medians, and ratios of the same round${judged ? "" : "; too small to judge"}`,
  );
  const setting = { peers, size, folder, say, gigabytes };
  const makers = [fileJobs, normalizeJobs, parquetJobs, imageJobs, memoryJobs, columnJobs, scalingJobs];
  const jobs = makers.flatMap((jobsOf) => jobsOf(setting));
  const chosen = jobs.filter(({ name }) => options.only.length === 0 || options.only.some((part) => name.includes(part)));
  if (chosen.length === 0) endWith(`--only: no job's name contains it; there are ${jobs.map(({ name }) => name).join("; ")}`);
  const results = [];
  const broken = [];
  const reportOf = () => ({
    schema: "normstream/bench/2",
    date: new Date().toISOString().slice(0, 10),
    machine,
    missing,
    size: options.size,
    rounds,
    jobs: results,
    broken,
    failed: broken.length > 0 || results.some(({ disagreements }) => disagreements.length > 0),
  });
  for (const job of chosen) {
    say(`${job.name} …`);
    try {
      results.push(await measure(job, rounds));
      console.log(jobLines(results.at(-1), judged).join("\n"));
    } catch (error) {
      // The other jobs have their figures.
      broken.push(`${job.name}: ${error.message}`);
      console.log(`  BROKEN: ${broken.at(-1)}`);
    }
    // A run that is broken off leaves what it has measured.
    keep(reportOf());
  }
  await Promise.all(Object.values(peers).map((peer) => peer?.close?.()));
  return reportOf();
}

function keep(report) {
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}
