/** What people call the splits of a data set, by what they are called here. */
const SPLIT_WORDS: Readonly<Record<string, readonly string[]>> = {
  train: ["train", "training", "trn", "tr"],
  val: ["val", "valid", "validation", "dev"],
  test: ["test", "testing", "tst", "t10k", "eval", "evaluation", "heldout"],
};

/** The order in which splits are listed; others come behind, in the order of their names. */
export const SPLIT_ORDER: readonly string[] = Object.keys(SPLIT_WORDS);

/** The split that a word names; undefined for any other word. */
const splitOfWord = (word: string): string | undefined =>
  SPLIT_ORDER.find((split) => (SPLIT_WORDS[split] as readonly string[]).includes(word.toLowerCase()));

/**
 * The split that a path names, and the folder that names it (with a slash; empty where the file's name does, or nothing).
 * Folders are looked at from the root; a file's name counts by its words: `train-images`, `x_test`, `t10k-images-idx3-ubyte`.
 */
export function splitOf(path: string): { readonly split: string | undefined; readonly root: string } {
  const folders = path.split("/");
  const name = folders.pop() as string;
  for (const [depth, folder] of folders.entries()) {
    const split = splitOfWord(folder);
    if (split !== undefined) return { split, root: `${folders.slice(0, depth + 1).join("/")}/` };
  }
  return { split: splitOfName(name), root: "" };
}

/** The split that a name has a word of: `x_test`; undefined where it names none, or several. */
export function splitOfName(name: string): string | undefined {
  const splits = new Set(name.split(/[^A-Za-z0-9]+/).flatMap((word) => splitOfWord(word) ?? []));
  return splits.size === 1 ? [...splits][0] : undefined;
}
