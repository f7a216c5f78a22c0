import { randomInt } from "node:crypto";
import { extname } from "node:path";
import { findManifest } from "@normstream/formats";
import { blockCount, ROW } from "@normstream/moments";
import { type Engine, openTable, readRows, type StatisticsOptions, statisticsOf, type TableFile } from "@normstream/pipeline";
import { formatShape, type TensorSource, usageError } from "@normstream/tensor";
import { CommandAnswer } from "./command-line.js";
import { chooseEngine, startEngine, workBytes } from "./engine.js";
import { meantInput, openInput } from "./input.js";
import { checkRun } from "./option-rules.js";
import type { InputOptions, ResultOptions, RunOptions } from "./options.js";
import { sayUnless, writeResult } from "./output.js";
import { createProgress } from "./progress.js";
import { readSummary } from "./summary-file.js";
import { factLines } from "./text-table.js";

export interface VerifyOptions extends InputOptions, RunOptions, Pick<ResultOptions, "json" | "quiet"> {
  /** Read all of the input again. */
  readonly all?: boolean;
}

/** The exit code of statistics that do not hold. */
const DOES_NOT_HOLD = 5;
/** Parts that a table is cut into, and how many of them are read again. */
const PARTS = 64;
const SAMPLED_PARTS = 4;

/** What statistics say of the data that they are of. */
interface Claim {
  readonly input: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly layout: TensorSource["layout"];
  readonly digest: string;
  readonly channelNames?: readonly string[] | undefined;
  readonly readers?: readonly string[] | undefined;
  /** The table, where the file holds one. */
  readonly table?: TableFile | undefined;
}

/** What was found. */
interface Finding {
  readonly holds: boolean;
  /** Samples that were read again. */
  readonly samples: number;
  readonly reason: string;
}

/** `normstream verify STATS [INPUT]`: whether statistics still are those of their data. */
export async function verify(
  path: string,
  input: string | undefined,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<void> {
  checkRun(options);
  const { json, quiet, all } = options;
  const claim = await claimOf(path, signal);
  const { path: place, ...meant } = await meantInput(input ?? claim.input);
  // A manifest says of each part what is selected.
  const columns = (await findManifest(place)) === undefined ? claim.channelNames?.join(",") : undefined;
  const selected = columns === undefined ? {} : { select: columns };
  await using source = await openInput(place, { layout: claim.layout, ...selected, ...meant, ...options }, signal);
  const differs = difference(claim, source);
  const finding = differs
    ? { holds: false, samples: 0, reason: differs }
    : await (async () => {
        await using engine = await startEngine(chooseEngine(workBytes(source), options));
        using progress = createProgress(quiet);
        const run = { source, engine, claim, signal, onProgress: progress.update };
        // Rows of a batch that is not whole end where others would not: those are read as a whole.
        return all || !claim.table || claim.table.meta.batchSize > 0 ? await verifyAll(run) : await verifySample(run);
      })();
  const [then, now] = [claim.readers?.join(", "), source.readers?.join(", ")];
  if (then !== undefined && now !== undefined && then !== now) sayUnless(quiet)(`decoded then by ${then}, now by ${now}`);
  const of = source.shape[0] as number;
  if (json) {
    const document = {
      ...{ schema: "normstream/verification/1", statistics: path, input: source.name, holds: finding.holds },
      ...{ reason: finding.reason, samples: finding.samples, of, digest: claim.digest },
      ...{ readersThen: claim.readers ?? [], readersNow: source.readers ?? [] },
    };
    await writeResult(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    const verdict = finding.holds ? "they hold" : "they do not hold";
    await writeResult(
      factLines([
        ["statistics", path],
        ["input", `${source.name}: ${formatShape(source.shape)} ${source.dtype}, ${source.layout}`],
        [verdict, finding.reason],
        ["read again", `${finding.samples} of ${of} samples`],
      ]),
    );
  }
  if (!finding.holds) throw new CommandAnswer(DOES_NOT_HOLD);
}

async function claimOf(path: string, signal: AbortSignal): Promise<Claim> {
  if (extname(path).toLowerCase() === ".json") {
    const { input, shape, dtype, layout, digest } = await readSummary(path);
    if (digest === null) {
      throw usageError("the statistics have no digest, since they come from summaries", {
        file: path,
        hint: "Give a table (.npz).",
      });
    }
    return { input, shape, dtype, layout, digest };
  }
  const table = await openTable(path, { signal });
  const { meta } = table;
  if (meta.samples !== meta.totalSamples) {
    throw usageError(`the table is of ${meta.samples} of ${meta.totalSamples} samples`, {
      file: path,
      hint: "Merge the tables of all parts first.",
    });
  }
  return { ...meta, table };
}

/** In what the input is another one than it was; undefined where what its header says is the same. */
function difference(claim: Claim, { shape, dtype, channelNames }: TensorSource): string | undefined {
  const isVarying = claim.shape.includes(0);
  if (!isVarying && formatShape(claim.shape) !== formatShape(shape)) {
    return `the input is of shape ${formatShape(shape)}, and was of ${formatShape(claim.shape)}`;
  }
  if (claim.dtype !== dtype) return `the input is of ${dtype}, and was of ${claim.dtype}`;
  if (claim.channelNames && claim.channelNames.join("\n") !== channelNames?.join("\n")) {
    return `the columns are ${channelNames?.join(", ") ?? "without names"}, and were ${claim.channelNames.join(", ")}`;
  }
  return undefined;
}

interface Run {
  readonly source: TensorSource;
  readonly engine: Engine;
  readonly claim: Claim;
  readonly signal: AbortSignal;
  readonly onProgress: StatisticsOptions["onProgress"];
}

/** Reads everything again: the digest says whether it is the same. */
async function verifyAll({ source, engine, claim, signal, onProgress }: Run): Promise<Finding> {
  const { grain = undefined, batchSize = 0 } = claim.table?.meta ?? {};
  const cut = { perInstance: grain === 1, ...(batchSize > 0 ? { batchSize } : {}) };
  using statistics = await statisticsOf(source, engine, { ...cut, keepTable: false, nan: "propagate", signal, onProgress });
  const holds = statistics.digest === claim.digest;
  const reason = holds ? "the digest is the same" : `the digest is ${statistics.digest}, and was ${claim.digest}`;
  return { holds, samples: statistics.samples, reason };
}

/** Reads some parts again, chosen by chance: their rows in the table have to be the same to the bit. */
async function verifySample({ source, engine, claim, signal, onProgress }: Run): Promise<Finding> {
  const table = claim.table as TableFile;
  const { grain, channels } = table.meta;
  const of = Math.max(1, Math.min(PARTS, blockCount(table.meta)));
  const chosen = new Set([0, of - 1]);
  while (chosen.size < Math.min(SAMPLED_PARTS, of)) chosen.add(randomInt(of));
  let samples = 0;
  for (const index of [...chosen].sort((a, b) => a - b)) {
    const cut = { part: { index, of }, perInstance: grain === 1 };
    using statistics = await statisticsOf(source, engine, { ...cut, keepTable: true, nan: "propagate", signal, onProgress });
    const { firstSample } = statistics.facts;
    const rows = statistics.rows();
    samples += statistics.samples;
    const at = await firstDifference(table, Math.floor(firstSample / grain), rows, signal);
    if (at === undefined) continue;
    const sample = firstSample + Math.floor(at / (channels * ROW)) * grain;
    const channel = Math.floor(at / ROW) % channels;
    const where =
      grain === 1 ? `sample ${sample}` : `samples ${sample} to ${Math.min(sample + grain, claim.shape[0] as number) - 1}`;
    return {
      holds: false,
      samples,
      reason: `${where}, channel ${claim.channelNames?.[channel] ?? channel}: the values have changed`,
    };
  }
  return { holds: true, samples, reason: `the rows of ${chosen.size} of ${of} parts are the same to the bit` };
}

/** The first number of the rows that the table has not, from a block on. */
async function firstDifference(
  table: TableFile,
  block: number,
  rows: Float64Array,
  signal: AbortSignal,
): Promise<number | undefined> {
  const first = block * table.meta.channels * ROW;
  let at = 0;
  let found: number | undefined;
  // Read to its end, where it is held against its own digest.
  for await (const band of readRows(table, { signal })) {
    const from = Math.max(first, at);
    const to = Math.min(first + rows.length, at + band.length);
    for (let i = from; i < to && found === undefined; i++) if (!Object.is(band[i - at], rows[i - first])) found = i - first;
    at += band.length;
  }
  return found;
}
