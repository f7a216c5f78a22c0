import type { Dirent } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { ioError, NormstreamError, throwIfAborted } from "@normstream/tensor";
import { SortedNames } from "./sorted-names.js";

/** Names that are asked of the operating system at once. */
const BUFFER = 1024;

/** Which files and folders a walk is about, by their path below its root. */
export interface WalkChoice {
  takes(relative: string): boolean;
  enters(relative: string): boolean;
}

/** Names that begin with a dot are nobody's data. */
export const EVERY_FILE: WalkChoice = {
  takes: (relative) => !isHidden(relative),
  enters: (relative) => !isHidden(relative),
};

const isHidden = (relative: string): boolean => relative.startsWith(".", relative.lastIndexOf("/") + 1);

/** How a walk runs. */
export interface WalkOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of names that were seen, a thousand or so at a time. */
  readonly onSeen?: ((names: number) => void) | undefined;
}

/**
 * The regular files below a folder, by their path below it, in the order of the bytes of those paths. Links are followed. Memory does not
 * grow with the number of files, and a folder's first file comes when that folder alone has been read.
 * @throws NormstreamError of kind `io` for a folder that cannot be read, a link that leads nowhere or back to a folder that it stands in.
 */
export async function* walkFiles(root: string, choice: WalkChoice, options: WalkOptions = {}): AsyncGenerator<string> {
  let seen = 0;
  const onSeen = (names: number) => {
    seen += names;
    options.onSeen?.(seen);
  };
  yield* walkFolder(root, "", choice, [], { ...options, onSeen });
}

async function* walkFolder(
  root: string,
  below: string,
  choice: WalkChoice,
  above: readonly string[],
  options: WalkOptions,
): AsyncGenerator<string> {
  const folder = below === "" ? root : `${withSlash(root)}${below.slice(0, -1)}`;
  const identity = await identityOfFolder(folder, above);
  // A folder sorts by its name with the slash that its files' paths have there.
  using names = await sortedNames(folder, below, choice, options);
  for (const name of names) {
    throwIfAborted(options.signal);
    if (name.endsWith("/")) yield* walkFolder(root, below + name, choice, [...above, identity], options);
    else yield below + name;
  }
}

async function sortedNames(folder: string, below: string, choice: WalkChoice, options: WalkOptions): Promise<SortedNames> {
  const names = new SortedNames();
  try {
    const open = await opendir(folder, { bufferSize: BUFFER });
    let count = 0;
    for await (const entry of open) {
      throwIfAborted(options.signal);
      const isFolder = entry.isSymbolicLink() ? await leadsToFolder(folder, entry) : entry.isDirectory();
      if (isFolder) {
        if (choice.enters(below + entry.name)) names.add(`${entry.name}/`);
      } else if (choice.takes(below + entry.name)) names.add(entry.name);
      if (++count % BUFFER === 0) options.onSeen?.(BUFFER);
    }
    options.onSeen?.(count % BUFFER);
    return names;
  } catch (error) {
    names[Symbol.dispose]();
    if (error instanceof NormstreamError) throw error;
    throw ioError("cannot list", error, { file: folder });
  }
}

async function leadsToFolder(folder: string, entry: Dirent): Promise<boolean> {
  const path = `${withSlash(folder)}${entry.name}`;
  return (
    await stat(path).catch((cause) => {
      throw ioError("cannot follow the symbolic link", cause, { file: path });
    })
  ).isDirectory();
}

async function identityOfFolder(folder: string, above: readonly string[]): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true }).catch((cause) => {
    throw ioError("cannot list", cause, { file: folder });
  });
  const identity = `${dev}:${ino}`;
  if (above.includes(identity)) {
    throw new NormstreamError("io", "the symbolic link leads back to a folder that it stands in", {
      file: folder,
      hint: "Remove the link, or name the files by a pattern.",
    });
  }
  return identity;
}

/** A path with a slash behind it, but one. */
export const withSlash = (path: string): string => (path.endsWith("/") ? path : `${path}/`);
