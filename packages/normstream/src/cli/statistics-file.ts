import { extname } from "node:path";
import { encodeSafetensors, type FileList, type MemberStream, writeFileAtomically } from "@normstream/formats";
import { type Statistics, writeTable } from "@normstream/pipeline";
import { dataError, usageError } from "@normstream/tensor";
import { FILES_MEMBER, LINEAGE_MEMBER, type Lineage } from "./lineage.js";
import { type StatisticsResult, statisticsJson } from "./statistics-json.js";

/** What statistics are written as, by the extension of the file. */
export type StatisticsFile = "table" | "json" | "safetensors";

/** What the metadata of a `.safetensors` file of running statistics says of itself. */
export const RUNNING_SCHEMA = "normstream/running/1";

const KINDS: Record<string, StatisticsFile> = { ".npz": "table", ".json": "json", ".safetensors": "safetensors" };

/** @throws NormstreamError of kind `usage` for an extension that statistics are not written in. */
export function statisticsFileKind(path: string): StatisticsFile {
  const extension = extname(path).toLowerCase();
  const kind = KINDS[extension];
  if (kind) return kind;
  throw usageError("the extension names nothing that statistics are written as", {
    file: path,
    expected: ".npz (the table of moments), .json or .safetensors (running_mean, running_var)",
    found: extension || "none",
  });
}

/** Where statistics come from, as they are written. */
export interface WrittenLineage {
  readonly document: Lineage;
  readonly files: FileList;
}

/**
 * Writes statistics, so that the file is there as a whole or not at all.
 * @param table the statistics whose table a `.npz` file takes; null where there is none
 * @param options.lineage where they come from, for `.npz` and `.json`
 */
export async function writeStatistics(
  path: string,
  result: StatisticsResult,
  table: Statistics | null,
  options: { overwrite?: boolean | undefined; signal: AbortSignal; lineage?: WrittenLineage | undefined },
): Promise<void> {
  const { lineage } = options;
  switch (statisticsFileKind(path)) {
    case "table":
      if (!table) throw usageError("summaries hold no table", { file: path, expected: "an output of .json or .safetensors" });
      return writeTable(path, table, { ...options, about: lineage && membersOf(lineage) });
    case "json":
      return writeFileAtomically(path, statisticsJson(result, { arrays: true, lineage }), options);
    case "safetensors":
      return writeFileAtomically(path, runningStatistics(path, result), options);
  }
}

function membersOf({ document, files }: WrittenLineage): Record<string, Uint8Array | MemberStream> {
  return {
    [LINEAGE_MEMBER]: Buffer.from(`${JSON.stringify(document, null, 2)}\n`),
    [FILES_MEMBER]: { byteLength: files.byteLength, chunks: files.chunks() },
  };
}

/** PyTorch's buffers of a batch norm layer; float64, which it takes as well, so that nothing is lost. */
function runningStatistics(path: string, { view, samples, digest, facts }: StatisticsResult): Uint8Array {
  const { mean, m2, count } = view.moments(0, 1);
  const variance = m2.map((value, c) => value / ((count[c] as number) - 1));
  const single = count.findIndex((values) => values < 2);
  if (single >= 0) {
    throw dataError(`${count[single]} values in a channel: running_var (correction 1) needs 2`, { file: path, channel: single });
  }
  const batches = new BigInt64Array([1n]);
  return encodeSafetensors(
    [
      { name: "running_mean", shape: [mean.length], dtype: "float64", bytes: new Uint8Array(mean.buffer) },
      { name: "running_var", shape: [variance.length], dtype: "float64", bytes: new Uint8Array(variance.buffer) },
      { name: "num_batches_tracked", shape: [], dtype: "int64", bytes: new Uint8Array(batches.buffer) },
    ],
    {
      schema: RUNNING_SCHEMA,
      input: facts.input,
      samples: String(samples),
      shape: JSON.stringify(facts.shape),
      dtype: facts.dtype,
      layout: facts.layout,
      count: JSON.stringify([...count]),
      ...(digest === null ? {} : { digest }),
    },
  );
}
