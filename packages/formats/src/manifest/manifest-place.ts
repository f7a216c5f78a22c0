import { readFile, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { dataError } from "@normstream/tensor";
import { withSlash } from "../listing/walk.js";
import { openHeaderSource } from "../places/header-source-opening.js";
import { isFarPlace, placeName } from "../places/place.js";
import { isShardIndex } from "../safetensors/shard-names.js";
import { STDIN } from "../stdin/reader.js";
import { MANIFEST_NAME, type Manifest, parseManifest } from "./manifest.js";

/** A text beyond this is no list that somebody wrote. */
const MOST_BYTES = 64_000_000;

/**
 * Where the manifest is that an input names: the input itself where it ends in `.json`, or `normstream.json` in a folder.
 * @returns undefined where it names something else
 */
export async function findManifest(input: string): Promise<string | undefined> {
  if (input === STDIN) return undefined;
  if (isFarPlace(input)) return isManifestName(input.replace(/[?#].*$/s, "")) ? input : undefined;
  const stats = await stat(input).catch(() => undefined);
  if (stats?.isFile()) return isManifestName(input) ? input : undefined;
  if (!stats?.isDirectory()) return undefined;
  const inside = `${withSlash(input)}${MANIFEST_NAME}`;
  return (await stat(inside).catch(() => undefined))?.isFile() ? inside : undefined;
}

/** JSON, but for what other readers take: a Zarr array's metadata, the index of shards of safetensors. */
const isManifestName = (path: string): boolean =>
  /\.json$/i.test(path) && !isShardIndex(path) && basename(path).toLowerCase() !== "zarr.json";

/** Reads a manifest, near or far. @throws NormstreamError of kind `io` where it cannot be read, `data` where it is none. */
export async function readManifest(path: string, signal?: AbortSignal): Promise<Manifest> {
  await using source = await openHeaderSource(path, signal);
  if (source.byteLength > MOST_BYTES) {
    throw dataError("is too large for a manifest", {
      file: source.name,
      expected: `at most ${MOST_BYTES} bytes`,
      found: `${source.byteLength}`,
    });
  }
  const bytes = await source.read(0, source.byteLength);
  return parseManifest(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"), placeName(path));
}

/**
 * A part's path, relative to its manifest, as one to open.
 * @param manifest where the manifest is: all of its path or URL
 * @throws NormstreamError of kind `data` for a manifest behind a URL that names local files.
 */
export function resolvePart(manifest: string, path: string): string {
  if (isFarPlace(path)) return path;
  if (!isFarPlace(manifest)) {
    const folder = dirname(manifest);
    return path.startsWith("/") || folder === "." ? path : `${withSlash(folder)}${path.replace(/^\.\//, "")}`;
  }
  if (path.startsWith("/") || path.split("/").includes("..")) {
    throw dataError(`"${path}" leads out of the manifest's folder`, {
      file: placeName(manifest),
      expected: "a path below it, or a URL",
    });
  }
  const [whole = "", query = ""] = manifest.split(/(?=[?#])/, 2);
  return `${whole.slice(0, whole.length - basename(whole).length)}${path.replace(/^\.\//, "")}${query}`;
}

/** Whether a file is a manifest of ours, rather than another JSON file; one behind a URL counts as one. */
export async function holdsManifest(path: string): Promise<boolean> {
  const manifest = await findManifest(path);
  if (manifest === undefined || isFarPlace(manifest)) return manifest !== undefined;
  const size = (await stat(manifest)).size;
  if (size > MOST_BYTES) return false;
  try {
    const value = JSON.parse(await readFile(manifest, "utf8")) as { readonly schema?: unknown } | null;
    return typeof value?.schema === "string" && value.schema.startsWith("normstream/manifest/");
  } catch {
    return false;
  }
}
