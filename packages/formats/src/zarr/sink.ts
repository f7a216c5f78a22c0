import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { internalError, ioError, itemSize, throwIfAborted } from "@normstream/tensor";
import { checkOutputFolder } from "../bytes/output-target.js";
import { tensorByteLength } from "../stored-array.js";
import type { SinkOptions, TensorSink } from "../tensor-sink.js";

/** About so many bytes make a chunk: whole samples, at least one. */
const CHUNK_BYTES = 1 << 23;

const AXES: Readonly<Record<string, string>> = { N: "batch", C: "channel", D: "depth", H: "height", W: "width", L: "length" };

/**
 * Begins a Zarr array of version 3: whole samples in chunks that are not compressed, so that each thread writes its own part of them. It grows in a
 * folder beside the target, which is renamed into place when it is whole.
 * @throws as `createSink`
 */
export async function createZarrSink(path: string, options: SinkOptions): Promise<TensorSink> {
  const { shape, dtype, signal, keepAs } = options;
  throwIfAborted(signal);
  const target = await checkOutputFolder(path, options);
  const byteLength = tensorByteLength(shape, dtype, { file: path });
  const sampleBytes = shape.slice(1).reduce((a, b) => a * b, itemSize(dtype));
  const perChunk = Math.max(1, Math.min(shape[0] ?? 1, Math.floor(CHUNK_BYTES / Math.max(1, sampleBytes))));
  const document = documentOf(options, perChunk);
  const id = keepAs ?? `${process.pid}.${randomBytes(6).toString("hex")}`;
  const temporary = siblingOf(target, `${id}.partial`);
  const orIoError = <T>(action: () => T): T => {
    try {
      return action();
    } catch (cause) {
      throw ioError("cannot write", cause, { file: path });
    }
  };
  const metadata = join(temporary, "zarr.json");
  const isKept = keepAs !== undefined && isSame(metadata, document);
  const remove = () => rmSync(temporary, { recursive: true, force: true });
  if (!isKept) {
    remove();
    orIoError(() => mkdirSync(temporary));
    orIoError(() => writeFileSync(metadata, document));
  }
  const removeAtExit = () => remove();
  if (keepAs === undefined) process.on("exit", removeAtExit);
  let done = false;
  const discard = async () => {
    process.off("exit", removeAtExit);
    if (!done && keepAs === undefined) remove();
    done = true;
  };
  return {
    ...{ path, format: "zarr", shape, dtype, isKept, needsChecksums: false },
    range: {
      ...{ path: temporary, target: path, byteOffset: 0, byteLength },
      chunks: { byteLength: perChunk * sampleBytes, rank: shape.length },
    },
    async commit() {
      if (done) throw internalError("the output was already finished", { file: path });
      throwIfAborted(signal);
      // Looked at again: another program may have put something there.
      const place = await checkOutputFolder(path, options);
      const aside = siblingOf(place, `${id}.replaced`);
      orIoError(() => replaceFolder(temporary, place, aside));
      process.off("exit", removeAtExit);
      done = true;
    },
    abort: discard,
    [Symbol.asyncDispose]: discard,
  };
}

const siblingOf = (path: string, ending: string): string =>
  join(dirname(path), `.${[...basename(path)].slice(0, 50).join("")}.${ending}`);

function isSame(path: string, content: string): boolean {
  try {
    return readFileSync(path, "utf8") === content;
  } catch {
    return false;
  }
}

/** A folder cannot be renamed over another one that holds files: that is moved aside, and removed when the new one stands. */
function replaceFolder(from: string, to: string, aside: string): void {
  let hadOne = true;
  try {
    renameSync(to, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    hadOne = false;
  }
  try {
    renameSync(from, to);
  } catch (error) {
    if (hadOne) renameSync(aside, to);
    throw error;
  }
  if (hadOne) rmSync(aside, { recursive: true, force: true });
}

function documentOf({ shape, dtype, layout }: SinkOptions, perChunk: number): string {
  const chunkShape = shape.map((extent, axis) => (axis === 0 ? perChunk : Math.max(1, extent)));
  const names = layout === undefined ? {} : { dimension_names: [...layout].map((axis) => AXES[axis] ?? null) };
  const document = {
    ...{ zarr_format: 3, node_type: "array", shape, data_type: dtype },
    chunk_grid: { name: "regular", configuration: { chunk_shape: chunkShape } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    ...{ fill_value: 0, codecs: [{ name: "bytes", configuration: { endian: "little" } }], attributes: {}, ...names },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
