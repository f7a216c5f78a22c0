import { stat } from "node:fs/promises";
import { ioError, usageError } from "@normstream/tensor";
import { describeFile } from "./file-description.js";
import { type Draft, type DraftOptions, draftManifest } from "./manifest/draft.js";
import { isFarPlace } from "./places/place.js";
import { openPart } from "./tensor-opening.js";

/**
 * Drafts a manifest of a local folder by looking at its files: see `draftManifest`.
 * @throws NormstreamError of kind `io` where there is no such folder, `usage` for what is none.
 */
export async function draftOf(folder: string, options: DraftOptions): Promise<Draft> {
  if (isFarPlace(folder)) {
    throw usageError("a far place does not list its files", {
      file: folder,
      expected: "a local folder",
      hint: "Write the manifest by hand: its parts may be URLs.",
    });
  }
  const stats = await stat(folder).catch((cause) => {
    throw ioError("cannot open", cause, { file: folder });
  });
  if (!stats.isDirectory()) throw usageError("is a file, which needs no manifest", { file: folder, expected: "a folder" });
  const { signal } = options;
  return draftManifest(
    folder,
    (path) => describeFile(path, { signal }),
    (path, opened) => openPart(path, { ...opened, signal }),
    options,
  );
}
