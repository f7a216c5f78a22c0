import { existsSync } from "node:fs";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";

/** What is there without a workspace that has it: it comes with the extension. */
const BUNDLED: ReadonlySet<string> = new Set(["normstream", "rxjs", "rxjs/operators"]);

/** `import.meta.resolve` with a second argument, which Node has behind a flag that the process is started with. */
type Resolve = (specifier: string, parent: string) => string;

/**
 * Finds modules for cells: as a file in the notebook's folder would, in the `node_modules` from there up. What the workspace does
 * not have and the extension does is taken from there.
 * @param parent file URL of what imports, in the notebook's folder
 * @param resolve `import.meta.resolve`
 * @returns what `import` takes
 * @throws Error of one line for a package that is not installed, and for addresses of the network
 */
export function locateModule(specifier: string, parent: string, resolve: Resolve): string {
  if (isBuiltin(specifier)) return specifier;
  if (/^(https?|npm|jsr):/i.test(specifier)) {
    throw new Error(`Cannot import "${specifier}": cells import packages that are installed, and files. Install it with npm.`);
  }
  const folder = fileURLToPath(new URL(".", parent));
  const notThere = (): Error => new Error(`Cannot find the file "${specifier}" from ${folder}.`);
  try {
    const found = resolve(specifier, parent);
    if (found.startsWith("file:") && !existsSync(fileURLToPath(found))) throw notThere();
    return found;
  } catch (error) {
    if (BUNDLED.has(specifier)) return specifier;
    const { code } = error as { code?: string };
    if (code !== "ERR_MODULE_NOT_FOUND") throw error;
    if (/^[./]|^[a-z]+:/i.test(specifier)) throw notThere();
    const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
    throw new Error(`Cannot find the package "${name}" from ${folder}. Install it there with: npm install ${name}`);
  }
}
