import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { locateModule } from "./module-lookup.js";

/** What imports of cells call. */
export interface ModuleImport {
  /** A static import. @param names that it names, which the module must have */
  importNamed(specifier: string, options: ImportCallOptions | undefined, names: readonly string[]): Promise<object>;
  /** `import(specifier)` */
  importLater(specifier: unknown, options?: ImportCallOptions): Promise<object>;
  /** `import.meta` */
  readonly meta: { readonly url: string; readonly dirname: string; readonly filename: string };
}

/** @param folder the notebook's: modules are looked up from there */
export function createModuleImport(folder: string): ModuleImport {
  const filename = join(folder, "notebook.ts");
  const { href } = pathToFileURL(filename);
  const importLater = async (specifier: unknown, options?: ImportCallOptions): Promise<object> => {
    const place = locateModule(String(specifier), href, (name, parent) => import.meta.resolve(name, parent));
    return (await import(place, options)) as object;
  };
  return {
    importLater,
    async importNamed(specifier, options, names) {
      const found = await importLater(specifier, options);
      const missing = names.find((name) => !(name in found));
      if (missing !== undefined) throw new SyntaxError(`The module "${specifier}" has no export named "${missing}".`);
      return found;
    },
    meta: { url: href, dirname: folder, filename },
  };
}
