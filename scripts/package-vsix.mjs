// Packs the VS Code extension:  node scripts/package-vsix.mjs [FILE.vsix]
// The folder that vsce packs is put together here: the manifest without what only builds, the built files, the documents.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { cachedInstall, runIn } from "./cached-install.mjs";
import { root } from "./stamps.mjs";

const VSCE = "3.9.2";
const MOST_BYTES = 5e6;
const extension = join(root, "extension");
const staging = join(extension, "dist", "vsix");
const manifest = JSON.parse(readFileSync(join(extension, "package.json"), "utf8"));
const output = resolve(process.argv[2] ?? join(extension, "dist", `normstream-${manifest.version}.vsix`));

try {
  stage();
  const vsce = join(
    cachedInstall("vsce", { "@vscode/vsce": VSCE }, ["--omit=optional"]),
    "node_modules",
    "@vscode",
    "vsce",
    "vsce",
  );
  runIn(staging, process.execPath, [vsce, "package", "--no-dependencies", "--no-rewrite-relative-links", "--out", output]);
  const { size } = statSync(output);
  if (size > MOST_BYTES) throw new Error(`${output} takes ${size} bytes; at most ${MOST_BYTES} are allowed.`);
  process.stdout.write(`${output} ${(size / 1e6).toFixed(2)} MB\n`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function stage() {
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  const { devDependencies, private: _, ...shipped } = manifest;
  writeFileSync(join(staging, "package.json"), `${JSON.stringify(shipped, null, 2)}\n`);
  for (const name of ["extension.cjs", "renderer.js", "kernel", "THIRD-PARTY-LICENSES.txt"]) {
    const from = join(extension, "dist", name);
    if (existsSync(from)) cpSync(from, join(staging, "dist", name), { recursive: true });
  }
  cpSync(join(extension, "dist", "notebooks"), join(staging, "notebooks"), { recursive: true });
  for (const name of ["README.md", "media"]) {
    if (existsSync(join(extension, name))) cpSync(join(extension, name), join(staging, name), { recursive: true });
  }
  for (const name of ["LICENSE", "CHANGELOG.md"]) cpSync(join(root, name), join(staging, name));
}
