import { createHash } from "node:crypto";
import {
  encodeNpyHeader,
  fileByteSource,
  type MemberStream,
  openTensor,
  readZipMember,
  type WriteOptions,
  writeNpz,
} from "@normstream/formats";
import { ROW_BYTES, TableBuilder } from "@normstream/moments";
import { dataError, formatShape, NormstreamError, type StoredTensor, throwIfAborted } from "@normstream/tensor";
import type { Statistics } from "./statistics.js";
import { encodeTableMeta, parseTableMeta, rowsShape, type TableMeta } from "./table-meta.js";

/** Rows that are read or written at a time. */
const BAND_BYTES = 4 << 20;

/** A table in a `.npz` file; its rows are not read yet. */
export interface TableFile {
  readonly path: string;
  readonly meta: TableMeta;
  /** `[blocks, C, 8]` float64 */
  readonly rows: StoredTensor;
}

/** How a table is written. */
export interface TableOptions extends WriteOptions {
  /** What is said of the run that made it, in members of their own. */
  readonly about?: Readonly<Record<string, Uint8Array | MemberStream>> | undefined;
}

/**
 * Writes a table: `table` `[blocks, C, 8]` float64 and `meta.json`, band by band, so that no more than one is in memory. The same data
 * give the same bytes of both.
 * @throws NormstreamError: `usage` where the file exists and `overwrite` is not set, or the table was not kept; `io`; `aborted`
 */
export async function writeTable(path: string, statistics: Statistics, options: TableOptions = {}): Promise<void> {
  const [blocks, channels, fields] = rowsShape(statistics.table);
  const header = encodeNpyHeader([blocks, channels, fields], "float64");
  const lines = linesPerBand(channels);
  function* chunks() {
    yield header;
    for (let b = 0; b < blocks; b += lines) yield new Uint8Array(statistics.rows(b, Math.min(blocks, b + lines)).buffer);
  }
  const byteLength = header.length + blocks * channels * ROW_BYTES;
  const meta = Buffer.from(encodeTableMeta(statistics));
  await writeNpz(path, { "table.npy": { byteLength, chunks: chunks() }, "meta.json": meta, ...options.about }, options);
}

/**
 * What `meta.json` of a `.npz` file says, where the file holds a table.
 * @returns undefined for an archive of anything else.
 * @throws NormstreamError of kind `data` where the archive or the description is damaged.
 */
export async function findTableMeta(
  path: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<TableMeta | undefined> {
  try {
    const bytes = await readZipMember(path, "meta.json", { maxBytes: 1 << 20, signal: options.signal });
    return parseTableMeta(Buffer.from(bytes).toString(), path);
  } catch (error) {
    // No such member: an archive of arrays.
    if (error instanceof NormstreamError && error.kind === "usage") return undefined;
    throw error;
  }
}

/**
 * Opens a table that `writeTable` wrote, also one that was packed again.
 * @throws NormstreamError of kind `data` where the file holds none, or its rows do not fit its description; `io`.
 */
export async function openTable(path: string, options: { signal?: AbortSignal | undefined } = {}): Promise<TableFile> {
  const meta = await findTableMeta(path, options);
  if (!meta) {
    throw dataError("holds no table of moments", {
      file: path,
      expected: 'a .npz file with "table" and "meta.json"',
      hint: "Write one with normstream stats INPUT -o FILE.npz.",
    });
  }
  await using rows = await openTensor(path, { select: "table", layout: "NCL", signal: options.signal });
  const expected = rowsShape(meta);
  if (formatShape(rows.shape) !== formatShape(expected) || rows.dtype !== "float64" || rows.bigEndian || rows.order !== "C") {
    throw dataError("the rows do not fit the description in meta.json", {
      file: `${path}:table`,
      expected: `${formatShape(expected)} float64 in C order, little-endian`,
      found: `${formatShape(rows.shape)} ${rows.dtype} in ${rows.order} order, ${rows.bigEndian ? "big" : "little"}-endian`,
    });
  }
  return { path, meta, rows };
}

/**
 * Reads a table's rows from first to last, whole blocks at a time, and at the end holds them against their digest.
 * @yields `[blocks, C, 8]` float64, the receiver's own
 * @throws NormstreamError of kind `data` where the digest is another one: nothing that was read may be used.
 */
export async function* readRows(
  file: TableFile,
  options: { signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Float64Array> {
  const builder = new TableBuilder(file.meta, () => createHash("sha256"));
  for await (const band of bandsOf(file, options.signal)) {
    builder.push(band);
    yield band;
  }
  const { digest } = builder.finish();
  if (digest !== file.meta.digest) {
    throw dataError("the rows do not match their digest: the table was damaged or edited", {
      file: file.path,
      expected: file.meta.digest.slice(0, 64),
      found: digest,
      hint: "Compute it again.",
    });
  }
}

async function* bandsOf({ meta, rows }: TableFile, signal: AbortSignal | undefined): AsyncGenerator<Float64Array> {
  const [blocks, channels] = rowsShape(meta);
  const lineValues = channels * (ROW_BYTES / 8);
  const lines = linesPerBand(channels);
  const bandAt = (block: number) => new Float64Array(Math.min(lines, blocks - block) * lineValues);
  const { storage } = rows;
  if (storage.kind === "stream") {
    let block = 0;
    let band = bandAt(0);
    let filled = 0;
    for await (const chunk of storage.open(signal)) {
      for (let taken = 0; taken < chunk.length; ) {
        const part = chunk.subarray(taken, taken + band.byteLength - filled);
        new Uint8Array(band.buffer).set(part, filled);
        taken += part.length;
        filled += part.length;
        if (filled < band.byteLength) continue;
        yield band;
        block += lines;
        band = bandAt(Math.min(block, blocks));
        filled = 0;
      }
    }
  } else if (storage.kind === "file") {
    using bytes = fileByteSource(storage.path, storage.identity);
    for (let block = 0; block < blocks; block += lines) {
      throwIfAborted(signal);
      const band = bandAt(block);
      await bytes.read(new Uint8Array(band.buffer), storage.byteOffset + block * lineValues * 8);
      yield band;
    }
  }
}

const linesPerBand = (channels: number): number => Math.max(1, Math.floor(BAND_BYTES / (channels * ROW_BYTES)));
