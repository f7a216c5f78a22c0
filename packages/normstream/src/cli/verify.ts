import { extname } from "node:path";
import { type FileChange, fileChanges, findManifest, sourceFiles } from "@normstream/formats";
import { openTable, type TableFile } from "@normstream/pipeline";
import { formatShape, type TensorSource, usageError } from "@normstream/tensor";
import { CommandAnswer } from "./command-line.js";
import { chooseEngine, progressOf, startEngine, workBytes } from "./engine.js";
import { meantInput, openInput } from "./input.js";
import { lineageFacts, type StoredLineage, summaryLineage, tableLineage } from "./lineage.js";
import { checkRun } from "./option-rules.js";
import type { InputOptions, ResultOptions, RunOptions } from "./options.js";
import { sayUnless, writeResult } from "./output.js";
import { createProgress } from "./progress.js";
import { counted, formatBytes } from "./quantities.js";
import { readSummary } from "./summary-file.js";
import { factLines } from "./text-table.js";
import { type Finding, type SampleRange, verifyAll, verifySample } from "./verify-run.js";

export interface VerifyOptions extends InputOptions, RunOptions, Pick<ResultOptions, "json" | "quiet"> {
  /** Read all of the input again. */
  readonly all?: boolean;
}

/** The exit code of statistics that do not hold. */
const DOES_NOT_HOLD = 5;
/** Files that are listed, and stretches of samples that are read again for them; with more, all samples are. */
const MOST_LISTED = 20;
const MOST_SUSPECTS = 1024;

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
  readonly lineage?: StoredLineage | undefined;
}

/** Files that are not as they were. */
interface Changes {
  readonly of: number;
  readonly count: number;
  readonly first: readonly FileChange[];
  readonly suspects: readonly SampleRange[];
  readonly isCopy: boolean;
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
  const { lineage, table } = claim;
  const { place, opened } = await inputOf(claim, input, options);
  await using source = await openInput(place, opened, signal);
  const isCopy = input !== undefined && input !== lineage?.input;
  // The same values in another format are in other files.
  const isConverted = lineage !== undefined && isCopy && lineage.format !== source.format;
  const changes = lineage && !isConverted ? await changesOf(lineage, source, place, isCopy, signal) : null;
  const differs = difference(claim, source);
  const finding: Finding = differs
    ? { holds: false, samples: 0, reason: differs }
    : await (async () => {
        await using engine = await startEngine(chooseEngine(workBytes(source), options), signal);
        using progress = createProgress(quiet);
        const { digest, channelNames } = claim;
        const run = { source, engine, digest, channelNames, signal, onProgress: progressOf(progress.update) };
        // Rows of a batch that is not whole end where others would not: those are read as a whole.
        if (all || !table || table.meta.batchSize > 0) return await verifyAll(run, table);
        return await verifySample(run, table, changes?.suspects ?? []);
      })();
  const [then, now] = [claim.readers?.join(", "), source.readers?.join(", ")];
  if (then !== undefined && now !== undefined && then !== now) sayUnless(quiet)(`decoded then by ${then}, now by ${now}`);
  const of = source.shape[0] as number;
  if (json) {
    const document = {
      ...{ schema: "normstream/verification/1", statistics: path, input: source.name, holds: finding.holds },
      ...{ reason: finding.reason, samples: finding.samples, of, digest: claim.digest },
      ...{ readersThen: claim.readers ?? [], readersNow: source.readers ?? [] },
      files: changes && { of: changes.of, changed: changes.count, first: changes.first },
      computed: lineage ? { started: lineage.started, normstream: lineage.normstream, command: lineage.command } : null,
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
        ...(isConverted ? [["files", `not compared: ${source.format} now, ${lineage.format} then`] as const] : []),
        ...(changes ? changeFacts(changes) : []),
        ...(lineage ? lineageFacts(lineage) : []),
      ]),
    );
  }
  if (!finding.holds) throw new CommandAnswer(DOES_NOT_HOLD);
}

/** Where the data are, and how they are opened: as they were, unless the command says otherwise. */
async function inputOf(claim: Claim, input: string | undefined, options: VerifyOptions) {
  const { lineage, channelNames, layout } = claim;
  const { path: place, ...meant } = await meantInput(input ?? lineage?.input ?? claim.input);
  const isManifest = (await findManifest(place)) !== undefined;
  const { split, ...then } = lineage?.options ?? {};
  // A manifest says of each part what is selected; what is none has no splits.
  const selected = isManifest || channelNames === undefined ? {} : { select: channelNames.join(",") };
  const opened = { layout, ...selected, ...then, ...(isManifest && split !== undefined ? { split } : {}), ...meant, ...options };
  return { place, opened };
}

async function claimOf(path: string, signal: AbortSignal): Promise<Claim> {
  if (extname(path).toLowerCase() === ".json") {
    const { input, shape, dtype, layout, digest, lineage } = await readSummary(path);
    if (digest === null) {
      throw usageError("the statistics have no digest, since they come from summaries", {
        file: path,
        hint: "Give a table (.npz).",
      });
    }
    return { input, shape, dtype, layout, digest, lineage: summaryLineage(lineage, path) };
  }
  const table = await openTable(path, { signal });
  const { meta } = table;
  if (meta.samples !== meta.totalSamples) {
    throw usageError(`the table is of ${meta.samples} of ${meta.totalSamples} samples`, {
      file: path,
      hint: "Merge the tables of all parts first.",
    });
  }
  return { ...meta, table, lineage: await tableLineage(path, signal) };
}

/** Which files are not as the lineage says. */
async function changesOf(
  lineage: StoredLineage,
  source: TensorSource,
  place: string,
  isCopy: boolean,
  signal: AbortSignal,
): Promise<Changes> {
  const first: FileChange[] = [];
  let suspects: SampleRange[] = [];
  let count = 0;
  for await (const change of fileChanges(lineage.list(signal), sourceFiles(source, place, { signal }), { isCopy })) {
    count++;
    if (first.length < MOST_LISTED) first.push(change);
    const { is } = change;
    if (is && suspects.length < MOST_SUSPECTS) suspects.push([is.firstSample, is.firstSample + is.samples]);
    else if (is) suspects = [[0, source.shape[0] as number], ...suspects];
  }
  return { of: lineage.files.count, count, first, suspects: suspects.slice(0, MOST_SUSPECTS), isCopy };
}

function changeFacts({ of, count, first, isCopy }: Changes): [string, string][] {
  if (count === 0) return [["files", `${counted(of, "file")}, ${isCopy ? "of the sizes that they had" : "as they were"}`]];
  return [
    ["files", `${count} of ${counted(of, "file")} ${count === 1 ? "is" : "are"} not as then`],
    ...first.map(({ path, change, was, is }): [string, string] => {
      const time = (file: FileChange["is"]) => (file && file.mtimeMs > 0 ? `, ${new Date(file.mtimeMs).toISOString()}` : "");
      const state = (file: FileChange["is"]) => (file ? `${formatBytes(file.size)}${time(file)}` : "not there");
      return ["file", `${path}: ${change}: was ${state(was)}; is ${state(is)}`];
    }),
    ...(count > first.length ? [["file", `and ${count - first.length} more`] as [string, string]] : []),
  ];
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
