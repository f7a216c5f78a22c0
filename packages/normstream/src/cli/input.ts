import { existsSync } from "node:fs";
import { describeFile, findManifest, openTensor, readVector } from "@normstream/formats";
import { findTableMeta } from "@normstream/pipeline";
import { type TensorSource, usageError } from "@normstream/tensor";
import { absolutePlace, isOnCluster } from "./cluster-choice.js";
import type { InputOptions, RunOptions } from "./options.js";
import { type Say, sayUnless } from "./output.js";

/**
 * Opens the tensor that a command works on.
 * @throws NormstreamError; of kind `usage` too for a table of moments, whose numbers are not data.
 */
export async function openInput(
  given: string,
  options: InputOptions & { readonly quiet?: boolean } & Pick<RunOptions, "engine">,
  signal: AbortSignal,
): Promise<TensorSource> {
  const input = isOnCluster(options) ? absolutePlace(given) : given;
  const { layout, select, split, shape, dtype, color, resize, skipBad, missing, quiet } = options;
  const say = sayUnless(quiet);
  const source = await openTensor(input, {
    ...{ layout, select, split, shape, dtype, color, resize, skipBad, missing, signal },
    ...listingNotes(say),
  });
  for (const note of source.notes ?? []) say(note);
  const isFile = "path" in source.storage && source.storage.path === input;
  if (isFile && source.format === "npz" && source.shape.at(-1) === 8 && (await findTableMeta(input, { signal }))) {
    throw usageError("is a table of moments, not data", {
      file: input,
      hint: `normstream merge ${input} -o FILE.json gives its statistics.`,
    });
  }
  return source;
}

const LISTING_EVERY_MS = 1000;
/** The first word comes within the first second of the command. */
const FIRST_NOTE_MS = 300;

/** Says now and then how many files were listed and opened, where that takes long. */
function listingNotes(say: Say) {
  let next = performance.now() + FIRST_NOTE_MS;
  const note = (done: string) => (files: number) => {
    const now = performance.now();
    if (now < next) return;
    next = now + LISTING_EVERY_MS;
    say(`${done} ${files} files`);
  };
  return { onListed: note("listed"), onOpened: note("read the headers of") };
}

/**
 * Reads one value a channel from a file. Where the file holds several tensors, `FILE:NAME` names one; without it the one called
 * `name`, or the only one whose name ends in `.name`, is taken.
 * @returns float64, the caller's own
 */
export async function readChannelValues(file: string, name: string, signal: AbortSignal): Promise<Float64Array> {
  const { path, select } = splitName(file);
  if (select !== undefined) return readVector(path, { select, signal });
  const { tensors } = await describeFile(path, { signal });
  if (tensors.length < 2) return readVector(path, { signal });
  const names = tensors.map((tensor) => tensor.name ?? "");
  const exact = names.filter((candidate) => candidate === name);
  const candidates = exact.length > 0 ? exact : names.filter((candidate) => candidate.endsWith(`.${name}`));
  const [chosen, second] = candidates;
  if (chosen !== undefined && second === undefined) return readVector(path, { select: chosen, signal });
  const shown = (candidates.length > 0 ? candidates : names).slice(0, 10);
  throw usageError(
    `the file holds ${names.length} tensors, and ${candidates.length === 0 ? "none" : candidates.length} called "${name}"`,
    {
      file: path,
      hint: `Name one as ${path}:NAME, for example ${path}:${shown[0]}; it holds ${shown.join(", ")}${shown.length < names.length ? ", …" : ""}.`,
    },
  );
}

/** `model.safetensors:bn1.weight` is a file and a tensor in it, unless a file has that whole name. */
export function splitName(file: string): { path: string; select?: string } {
  const colon = file.lastIndexOf(":");
  if (colon <= 0 || existsSync(file) || !existsSync(file.slice(0, colon))) return { path: file };
  return { path: file.slice(0, colon), select: file.slice(colon + 1) };
}

/** An input's place, and what of it is meant: `FILE:NAME` is a tensor of a file, or a split of a manifest. */
export async function meantInput(input: string): Promise<{ path: string; select?: string; split?: string }> {
  const { path, select } = splitName(input);
  if (select === undefined) return { path };
  return (await findManifest(path)) === undefined ? { path, select } : { path, split: select };
}
