import { dataError, type Layout, type TensorSource } from "@normstream/tensor";
import { walkFiles, withSlash } from "../listing/walk.js";
import { FileGroup } from "./file-patterns.js";
import { type Candidate, type Describe, dataChoice, findData, type LeftOut } from "./found-files.js";
import { MANIFEST_SCHEMA } from "./manifest.js";
import { SPLIT_ORDER, splitOf, splitOfName } from "./split-names.js";

/** A part as it is written. */
export interface DraftPart {
  readonly name?: string;
  readonly path: string | readonly string[];
  readonly format: string;
  readonly select?: string;
  readonly layout?: Layout;
  readonly shape?: readonly (number | null)[];
  readonly dtype?: string;
}

/** A manifest as it is written. */
export interface DraftManifest {
  readonly schema: typeof MANIFEST_SCHEMA;
  readonly name: string;
  readonly parts: readonly DraftPart[];
  readonly splits?: Readonly<Record<string, readonly string[]>>;
}

/** What looking through a folder came to. */
export interface Draft {
  readonly manifest: DraftManifest;
  /** Files of data that the manifest stands for. */
  readonly files: number;
  /** What is not in it: how many, and the first thousand with the reason. */
  readonly leftOut: { readonly count: number; readonly first: readonly LeftOut[] };
}

export interface DraftOptions {
  /** What the data set is called. */
  readonly name: string;
  /** Written into each part, and needed where it cannot be told. */
  readonly layout?: Layout | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onListed?: ((files: number) => void) | undefined;
}

const MOST_LEFT_OUT = 1000;

/** Files of one part: one split's, one array's. */
interface Gathered {
  readonly candidate: Candidate;
  readonly split: string | undefined;
  readonly group: FileGroup;
}

/** All that could be one data set. */
interface Kind {
  readonly what: string;
  byteLength: number;
  readonly gathered: Map<string, Gathered>;
}

/**
 * Drafts a manifest of a folder by looking: same-shaped files are parts of one data set, the one of most bytes is it, and splits are told
 * by the names of folders and files. Paths are relative to the folder.
 * @param open opens a part, so that what is written is known to be read
 * @throws NormstreamError of kind `data` where there is no data; `usage` where a layout has to be named; `io`
 */
export async function draftManifest(
  folder: string,
  describe: Describe,
  open: (path: string, options: { select?: string | undefined; layout?: Layout | undefined }) => Promise<TensorSource>,
  options: DraftOptions,
): Promise<Draft> {
  const { signal, onListed } = options;
  const walk = { signal, onSeen: onListed };
  const left = new LeftOutFiles();
  const kinds = new Map<string, Kind>();
  for await (const found of findData(folder, describe, walk)) {
    if ("reason" in found) left.add(found);
    else addTo(kinds, found);
  }
  const [main, ...others] = [...kinds.values()].sort((a, b) => b.byteLength - a.byteLength);
  if (!main) {
    const [first] = left.first;
    const found = first ? `${left.count} that cannot be (${first.path}: ${first.reason})` : "no files";
    throw dataError("there is nothing that could be a data set", { file: folder, found });
  }
  for (const { what, gathered } of others) {
    for (const { candidate, group } of gathered.values()) {
      const path = candidate.select === undefined ? candidate.path : `${candidate.path}:${candidate.select}`;
      left.add({ path, reason: `is ${what}, and most of the data is ${main.what}` }, group.count);
    }
  }
  const parts = [...main.gathered.values()].sort((a, b) => placeOf(a.split) - placeOf(b.split));
  for (const { group } of parts) group.propose();
  for await (const path of walkFiles(folder, dataChoice(folder).choice, walk)) for (const { group } of parts) group.try(path);
  const written: DraftPart[] = [];
  const splits: Record<string, string[]> = {};
  let files = 0;
  for (const part of parts) {
    const name = nameOf(part, written);
    written.push(await writtenPart(folder, part, name, open, options.layout));
    files += part.group.count;
    if (part.split !== undefined) splits[part.split] = [...(splits[part.split] ?? []), name];
  }
  const manifest = {
    schema: MANIFEST_SCHEMA,
    name: options.name,
    parts: written,
    ...(Object.keys(splits).length > 0 ? { splits } : {}),
  } as const;
  return { manifest, files, leftOut: { count: left.count, first: left.first } };
}

function addTo(kinds: Map<string, Kind>, candidate: Candidate): void {
  const { key, what, path, select, byteLength } = candidate;
  const kind = kinds.get(key) ?? { what, byteLength: 0, gathered: new Map() };
  kinds.set(key, kind);
  kind.byteLength += byteLength;
  const named = splitOf(path);
  const split = named.split ?? (select === undefined ? undefined : splitOfName(select));
  const id = JSON.stringify([split ?? null, named.root, select ?? null]);
  const gathered = kind.gathered.get(id) ?? { candidate, split, group: new FileGroup(named.root) };
  kind.gathered.set(id, gathered);
  gathered.group.add(path);
}

const placeOf = (split: string | undefined): number => (split === undefined ? SPLIT_ORDER.length : SPLIT_ORDER.indexOf(split));

/** The split's name, or that of the array or the folder; with a number where another part has it. */
function nameOf({ split, candidate }: Gathered, written: readonly DraftPart[]): string {
  const wanted = split ?? candidate.select ?? "data";
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}-${n}`;
    if (!written.some((part) => part.name === name)) return name;
  }
}

async function writtenPart(
  folder: string,
  { candidate, group }: Gathered,
  name: string,
  open: Parameters<typeof draftManifest>[2],
  layout: Layout | undefined,
): Promise<DraftPart> {
  const { format, select } = candidate;
  const paths = group.patterns;
  if (!paths) {
    throw dataError(`no pattern stands for the ${group.count} files of ${candidate.what} alone`, {
      file: folder,
      hint: "Put them into a folder of their own.",
    });
  }
  let samples = 0;
  let shape: readonly (number | null)[] = [];
  let found: Pick<DraftPart, "layout" | "dtype"> = {};
  for (const path of paths) {
    await using source = await open(`${withSlash(folder)}${path}`, { select, layout });
    samples += source.shape[0] as number;
    // Images may be of different sizes.
    const inner = source.shape.slice(1).map((extent, i) => (format === "images" && source.layout[i + 1] !== "C" ? null : extent));
    shape = [samples, ...inner];
    found = { layout: source.layout, dtype: source.dtype };
  }
  return {
    name,
    path: paths.length === 1 ? (paths[0] as string) : paths,
    format,
    ...(select === undefined ? {} : { select }),
    ...found,
    shape,
  };
}

/** What was left out, in little memory. */
class LeftOutFiles {
  readonly first: LeftOut[] = [];
  count = 0;

  add(file: LeftOut, count = 1): void {
    this.count += count;
    if (this.first.length < MOST_LEFT_OUT)
      this.first.push(count === 1 ? file : { ...file, path: `${file.path} and ${count - 1} more` });
  }
}
