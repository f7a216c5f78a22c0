import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type DecodedStorage, ioError } from "@normstream/tensor";
import { isFarPlace } from "../places/place.js";

/** What tells this state of a file from another: bytes and time of the last change. @throws NormstreamError of kind `io` */
export function fileState(path: string): string {
  try {
    const { size, mtimeMs } = statSync(path);
    return `${size} ${mtimeMs}`;
  } catch (cause) {
    throw ioError("cannot open", cause, { file: path });
  }
}

/**
 * What tells this state of a folder of chunks from another: its metadata, and names, sizes and times of the files in it. Of a far place, which
 * does not list its objects, the metadata alone.
 */
export function storedState({ path, details }: DecodedStorage): string {
  const hash = createHash("sha256").update(JSON.stringify(details));
  if (!isFarPlace(path)) addFolder(path, hash);
  return hash.digest("hex");
}

function addFolder(folder: string, hash: ReturnType<typeof createHash>): void {
  const entries = readdirSync(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) addFolder(path, hash.update(`${entry.name}/`));
    else hash.update(`${entry.name} ${fileState(path)};`);
  }
}
