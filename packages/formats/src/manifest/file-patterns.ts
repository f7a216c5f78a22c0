import { isPattern, parseGlob } from "../listing/glob.js";

/** Files of which the paths are kept; of more only patterns are. */
const MOST_LISTED = 1000;
/** Patterns that one part is made of, at most. */
const MOST_PATTERNS = 32;

/** Files that belong together, by what patterns could stand for them. */
export class FileGroup {
  readonly #root: string;
  readonly #paths: string[] = [];
  readonly #extensions = new Set<string>();
  readonly #folders = new Set<string>();
  readonly #stems = new Set<string>();
  #count = 0;
  #choices: { readonly patterns: readonly string[]; readonly takes: (path: string) => boolean; matches: number }[] = [];

  /** @param root the folder that all of them are below, with a slash; empty for the folder itself */
  constructor(root: string) {
    this.#root = root;
  }

  get count(): number {
    return this.#count;
  }

  add(path: string): void {
    this.#count++;
    const folder = folderOf(path);
    if (this.#extensions.size <= MOST_PATTERNS) this.#extensions.add(extensionOf(path));
    if (this.#folders.size <= MOST_PATTERNS) this.#folders.add(folder);
    if (this.#stems.size <= MOST_PATTERNS) this.#stems.add(stemPattern(path));
    if (this.#paths.length <= MOST_LISTED) this.#paths.push(path);
  }

  /** Makes what patterns there may be, to be tried on all files of the folder. */
  propose(): void {
    const tail = tailOf([...this.#extensions]);
    const folders = [...this.#folders];
    const proposals = [
      ...(tail === undefined ? [] : [folders.map((folder) => `${folder}*${tail}`)]),
      ...(tail === undefined ? [] : [[`${this.#root}**/*${tail}`]]),
      [...this.#stems],
    ];
    this.#choices = proposals
      .filter((patterns) => patterns.length <= Math.min(MOST_PATTERNS, Math.max(1, this.#count / 2)))
      .filter((patterns) => patterns.every(isPattern) && !folders.some(isPattern))
      .sort((a, b) => a.length - b.length)
      .map((patterns) => {
        const globs = patterns.map((pattern) => ({ below: baseOf(pattern), glob: parseGlob(pattern) }));
        const takes = (path: string) =>
          globs.some(({ below, glob }) => path.startsWith(below) && glob.takes(path.slice(below.length)));
        return { patterns, takes, matches: 0 };
      });
  }

  /** Takes a file of the folder, whatever it is. */
  try(path: string): void {
    for (const choice of this.#choices) if (choice.takes(path)) choice.matches++;
  }

  /**
   * Paths and patterns that stand for the files of the group and no others: as few as were found.
   * @returns undefined where there is no such pattern, and they are too many to be listed
   */
  get patterns(): readonly string[] | undefined {
    if (this.#count === 1) return this.#paths;
    const exact = this.#choices.find(({ matches }) => matches === this.#count);
    if (exact) return exact.patterns;
    return this.#count <= MOST_LISTED ? this.#paths : undefined;
  }
}

const baseOf = (pattern: string): string => {
  const { base } = parseGlob(pattern);
  return base === "." ? "" : `${base}/`;
};

/** What names end in: `.jpg`, `.{jpg,png}`; undefined where one of them has no extension. */
function tailOf(extensions: readonly string[]): string | undefined {
  if (extensions.some((extension) => extension === "")) return undefined;
  return extensions.length === 1
    ? extensions[0]
    : `.{${extensions
        .map((extension) => extension.slice(1))
        .sort()
        .join(",")}}`;
}

/** `x-001.npy` as `x-*.npy`: the last digits are those that count. */
function stemPattern(path: string): string {
  const folder = folderOf(path);
  const extension = extensionOf(path);
  const stem = path.slice(folder.length, path.length - extension.length);
  return `${folder}${stem.replace(/\d+(?=\D*$)/, "*")}${extension}`;
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

/** From the last dot on; nothing where the name has none. */
const extensionOf = (path: string): string => /\.[^./]+$/.exec(path)?.[0] ?? "";
