import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly [group: `${string}ependencies`]: Readonly<Record<string, string>> | undefined;
}

const readManifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** Each dependency that a package.json of the workspace names, as it is installed beside that package.json. */
function declaredDependencies(): Map<string, { version: string; license: string }> {
  const folders = [".", "workers", "test", "extension", ...readdirSync(join(root, "packages")).map((name) => `packages/${name}`)];
  const found = new Map<string, { version: string; license: string }>();
  for (const folder of folders.map((name) => join(root, name)).filter((path) => existsSync(join(path, "package.json")))) {
    const manifest = readManifest(folder);
    for (const group of ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"] as const) {
      for (const [name, range] of Object.entries(manifest[group] ?? {})) {
        if (range.startsWith("workspace:")) continue;
        // What users install themselves comes in a range; the version that is tested is pinned beside it.
        if (group === "peerDependencies") {
          expect(manifest.devDependencies, `${name} of ${manifest.name} is tested`).toHaveProperty([name]);
          continue;
        }
        expect(range, `${name} of ${manifest.name} is pinned`).toMatch(/^\d+\.\d+\.\d+$/);
        const installed = readManifest(join(folder, "node_modules", name));
        found.set(name, { version: range, license: installed.license ?? "" });
      }
    }
  }
  return found;
}

/** The rows of the tables in docs/dependencies.md: | `name` | version | licence | why | weighed | */
function describedDependencies(): Array<{ name: string; version: string; license: string; why: string }> {
  const lines = readFileSync(join(root, "docs", "dependencies.md"), "utf8").split("\n");
  const rows = lines.filter((line) => line.startsWith("| `")).map((line) => line.split("|").map((cell) => cell.trim()));
  return rows.map(([, name = "", version = "", license = "", why = ""]) => ({
    name: name.replaceAll("`", ""),
    version,
    license,
    why,
  }));
}

describe("docs/dependencies.md", () => {
  const declared = declaredDependencies();
  const described = describedDependencies();

  test("names every dependency of the workspace once, and nothing else", () => {
    expect(described.map(({ name }) => name).sort()).toEqual([...declared.keys()].sort());
  });

  test.each(described)("tells the truth of $name", ({ name, version, license, why }) => {
    expect({ version, license }).toEqual(declared.get(name));
    expect(why.length).toBeGreaterThan(20);
  });
});
