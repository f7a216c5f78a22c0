/** Installs packages of exact versions into a folder of their own, once. @returns the folder */
export function cachedInstall(
  name: string,
  dependencies: Readonly<Record<string, string>>,
  flags?: readonly string[],
  finish?: (folder: string) => void,
  salt?: string,
): string;

/** The folder of packages that were installed so before; null where they were not. */
export function findCached(name: string, dependencies: Readonly<Record<string, string>>): string | null;
