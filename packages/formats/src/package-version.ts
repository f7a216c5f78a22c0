import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** `NAME VERSION` of an installed package, for who has to know what decoded a number; the name alone where it cannot be told. */
export function packageVersion(name: string): string {
  try {
    let folder = dirname(fileURLToPath(import.meta.resolve(name)));
    while (dirname(folder) !== folder) {
      const manifest = readManifest(join(folder, "package.json"));
      if (manifest?.name === name) return `${name} ${manifest.version}`;
      folder = dirname(folder);
    }
  } catch {
    // A bundler that does not know how to resolve it.
  }
  return name;
}

function readManifest(path: string): { readonly name?: string; readonly version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
