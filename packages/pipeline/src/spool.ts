import { randomBytes } from "node:crypto";
import { statSync, unlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileStorage, ioError, NormstreamError, type StoredTensor, type StreamStorage } from "@normstream/tensor";

/**
 * A stream's bytes in a temporary file, for the rare tensor that cannot be read from first to last (column-major order
 * inside a compressed container). Disposing removes the file.
 */
export async function spooled(
  source: StoredTensor,
  stream: StreamStorage,
  signal?: AbortSignal,
): Promise<{ tensor: StoredTensor<FileStorage> } & Disposable> {
  const path = join(tmpdir(), `normstream-spool-${process.pid}-${randomBytes(6).toString("hex")}.tmp`);
  const remove = () => {
    process.off("exit", remove);
    try {
      unlinkSync(path);
    } catch {
      // It was never made.
    }
  };
  // Also where the process ends before its promises do.
  process.on("exit", remove);
  try {
    await using file = await open(path, "wx", 0o600);
    // One write at a time: a chunk is valid until the next one is asked for.
    for await (const chunk of stream.open(signal)) await file.appendFile(chunk);
    const { size, mtimeMs, ino } = statSync(path);
    const storage: FileStorage = { kind: "file", path, byteOffset: 0, identity: { size, mtimeMs, inode: ino } };
    const { name, shape, dtype, layout, order, bigEndian } = source;
    return { tensor: { name, shape, dtype, layout, order, bigEndian, storage }, [Symbol.dispose]: remove };
  } catch (error) {
    remove();
    if (error instanceof NormstreamError) throw error;
    throw ioError(`unpacking ${source.name} to a temporary file`, error, { hint: "Set TMPDIR to a folder with room." });
  }
}
