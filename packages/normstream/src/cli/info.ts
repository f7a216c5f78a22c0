import { describeFile, type FileDescription, type TensorDescription } from "@normstream/formats";
import { findTableMeta, planStatistics, type TableMeta } from "@normstream/pipeline";
import { formatShape, geometryOf, NormstreamError, type TensorSource } from "@normstream/tensor";
import { chooseEngine, type EngineChoice, engineName, workBytes } from "./engine.js";
import { openInput } from "./input.js";
import { lineageFacts, type StoredLineage, tableLineage, withoutList } from "./lineage.js";
import { checkRun } from "./option-rules.js";
import type { InputOptions, ResultOptions, RunOptions } from "./options.js";
import { writeResult } from "./output.js";
import { counted, formatBytes } from "./quantities.js";
import { factLines, textTable } from "./text-table.js";

/** What `info` finds out, all of it from headers. */
interface Findings {
  readonly file: FileDescription;
  /** The tensor that the other commands would work on, and what a pass over it takes. */
  readonly tensor: { readonly source: TensorSource; readonly plan: PassPlan } | null;
  /** Why there is none. */
  readonly problem: string | null;
  readonly table: TableMeta | null;
  /** Where a table comes from, where it says that. */
  readonly lineage?: StoredLineage | undefined;
}

interface PassPlan extends EngineChoice {
  readonly shards: number;
  readonly projectedBytes: number;
}

export interface InfoOptions extends InputOptions, RunOptions, ResultOptions {}

/** `normstream info INPUT`: what a file holds, and what a pass over it would take. */
export async function info(input: string, options: InfoOptions, signal: AbortSignal): Promise<void> {
  checkRun(options);
  const findings = await look(input, options, signal);
  await writeResult(options.json ? `${JSON.stringify(infoDocument(input, findings), null, 2)}\n` : infoText(input, findings));
}

async function look(input: string, options: InfoOptions, signal: AbortSignal): Promise<Findings> {
  const { shape, dtype, layout, select, split } = options;
  const file = await describeFile(input, { shape, dtype, split, signal });
  const table = file.format === "npz" ? ((await findTableMeta(input, { signal })) ?? null) : null;
  if (table) return { file, tensor: null, problem: null, table, lineage: await tableLineage(input, signal) };
  try {
    const source = await openInput(input, options, signal);
    const choice = chooseEngine(workBytes(source), options);
    const { grid, projectedBytes } = planStatistics(source, choice, { shardBytes: options.shardBytes, keepTable: false });
    return { file, tensor: { source, plan: { ...choice, shards: grid.length, projectedBytes } }, problem: null, table };
  } catch (error) {
    // Whoever names a tensor or a layout wants to know that it does not fit; others want to see what there is.
    const isAboutContents = error instanceof NormstreamError && (error.kind === "usage" || error.kind === "data");
    if (!isAboutContents || layout !== undefined || select !== undefined || split !== undefined) throw error;
    return { file, tensor: null, problem: error.message, table };
  }
}

function infoDocument(input: string, { file, tensor, problem, table, lineage }: Findings): object {
  const tensors = file.tensors.map(({ name, shape, dtype, order, bigEndian, byteLength, packing, files, problem }) => ({
    ...{ name: name ?? null, shape, dtype, order, bigEndian, bytes: byteLength, packing, files, problem: problem ?? null },
  }));
  return {
    schema: "normstream/info/1",
    ...{ input, format: file.format, fileBytes: file.byteLength, tensors },
    tensor: tensor && tensorDocument(tensor.source),
    plan: tensor && planDocument(tensor.plan),
    table,
    ...(lineage ? { lineage: withoutList(lineage) } : {}),
    problem,
  };
}

function tensorDocument({ name, shape, dtype, layout, order, bigEndian, byteLength }: TensorSource): object {
  const { samples, channels, planeSize } = geometryOf(shape, layout);
  return { name, shape, dtype, layout, order, bigEndian, samples, channels, planeSize, bytes: byteLength };
}

const planDocument = ({ name, threads, memoryBytes, shards, projectedBytes }: PassPlan): object => ({
  ...{ engine: name, threads, memoryBytes, shards, projectedBytes },
});

function infoText(input: string, { file, tensor, problem, table, lineage }: Findings): string {
  const files = filesOf(file, tensor?.source);
  const extent = file.byteLength !== null ? formatBytes(file.byteLength) : files === null ? null : counted(files, "file");
  const title: [string, string] = [
    files === null ? "file" : "files",
    `${input}: ${file.format}${extent === null ? "" : `, ${extent}`}`,
  ];
  if (table) return factLines([title, ...tableFacts(table), ...(lineage ? lineageFacts(lineage) : [])]);
  if (tensor) {
    const facts = tensorFacts(tensor.source, described(tensor.source, file), tensor.plan);
    return factLines([title, ...facts, ...splitFacts(file)]);
  }
  const names = file.tensors.some(({ name }) => name !== undefined);
  const list = textTable(
    [...(names ? ["tensor"] : []), "shape", "dtype", "bytes"],
    file.tensors.map((t) => [...(names ? [t.name ?? ""] : []), formatShape(t.shape), t.dtype, formatBytes(t.byteLength)]),
    names ? 3 : 2,
  );
  return `${factLines([title])}\n${list}\n${problem}\n`;
}

/** In how many files the tensor is; null where it is in one, which the title names. */
function filesOf({ format, tensors }: FileDescription, source: TensorSource | undefined): number | null {
  if (!source || format !== "manifest") return tensors[0]?.files ?? null;
  return "count" in source.storage ? source.storage.count : 1;
}

/** What a manifest's splits hold. */
function splitFacts({ format, tensors }: FileDescription): [string, string][] {
  const named = format === "manifest" ? tensors.filter(({ name }) => name !== undefined) : [];
  return named.map(({ name, shape, problem }) => ["split", `${name}: ${problem ?? counted(shape[0] as number, "sample")}`]);
}

/** What the file says of the tensor that was opened. */
const described = (source: TensorSource, { tensors }: FileDescription): TensorDescription | undefined =>
  tensors.length === 1 ? tensors[0] : tensors.find(({ name }) => name !== undefined && source.name.endsWith(`:${name}`));

function tensorFacts(source: TensorSource, description: TensorDescription | undefined, plan: PassPlan): [string, string][] {
  const { shape, dtype, layout, order, bigEndian, byteLength } = source;
  const { samples, channels, spatial } = geometryOf(shape, layout);
  const planes = spatial.length > 0 ? `, planes of ${spatial.join(" × ")}` : "";
  const packing = description?.packing ?? "stored";
  const storage = [
    order === "C" ? "last axis fastest (C order)" : "first axis fastest (Fortran order)",
    ...(bigEndian ? ["big-endian"] : []),
    ...(packing === "stored" ? [] : [`${packing}, unpacked while it is read`]),
  ];
  return [
    ...(description?.name === undefined ? [] : ([["tensor", description.name]] as [string, string][])),
    ["shape", `${formatShape(shape)} ${dtype}, ${formatBytes(byteLength)}`],
    ["layout", `${layout}: ${counted(samples, "sample")}, ${counted(channels, "channel")}${planes}`],
    ["storage", storage.join(", ")],
    [
      "a pass",
      `${counted(plan.shards, "shard")}, ${engineName(plan)}, buffers up to ${formatBytes(plan.projectedBytes)} of ${formatBytes(plan.memoryBytes)}`,
    ],
  ];
}

const tableFacts = ({
  input,
  shape,
  dtype,
  layout,
  samples,
  channels,
  grain,
  batchSize,
  firstSample,
  totalSamples,
  digest,
}: TableMeta) =>
  [
    ["holds", `the table of moments of ${input}: ${formatShape(shape)} ${dtype}, ${layout}`],
    ["samples", samples < totalSamples ? `${samples} of ${totalSamples}, from ${firstSample}` : String(samples)],
    [
      "rows",
      `one for ${counted(grain, "sample")} of each of ${counted(channels, "channel")}${batchSize > 0 ? `, batches of ${batchSize}` : ""}`,
    ],
    ["digest", digest],
  ] satisfies [string, string][];
