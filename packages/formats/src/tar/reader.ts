import type { ArrayReader } from "../stored-array.js";
import { openArchives } from "./archive-set.js";

/** Reads a tar archive of tensors or images. */
export const readTar: ArrayReader = (source, options) => openArchives(source.name, only(source.name), options);

async function* only(path: string): AsyncGenerator<string> {
  yield path;
}
