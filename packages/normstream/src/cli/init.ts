import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { checkOutput, draftOf, writeFileAtomically } from "@normstream/formats";
import type { InputOptions, ResultOptions } from "./options.js";
import { sayUnless, writeResult } from "./output.js";
import { counted } from "./quantities.js";
import { factLines } from "./text-table.js";

export interface InitOptions extends Pick<InputOptions, "layout">, ResultOptions {}

/** Reasons that are printed; `--json` has a thousand. */
const SHOWN = 20;

/** `normstream init FOLDER`: a manifest, by looking at what is there. */
export async function init(folder: string, options: InitOptions, signal: AbortSignal): Promise<void> {
  const { output = join(folder, "normstream.json"), overwrite, json, quiet, layout } = options;
  const say = sayUnless(quiet);
  // Before the folder is looked through, which may take long; what is no folder is told by that.
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) await checkOutput(output, { overwrite });
  const name = basename(resolve(folder));
  const onListed = (files: number) => files % 100_000 === 0 && say(`listed ${files} files`);
  const { manifest, files, leftOut } = await draftOf(folder, { name, layout, signal, onListed });
  const place = dirname(resolve(output));
  const below = relative(place, resolve(folder)).split(sep).join("/");
  const prefixed = (path: string) => (below === "" ? path : `${below}/${path}`);
  const parts = manifest.parts.map(({ name, path, ...part }) => ({
    name,
    path: typeof path === "string" ? prefixed(path) : path.map(prefixed),
    ...part,
  }));
  const schema = schemaBeside(place);
  const document = { ...(schema === undefined ? {} : { $schema: schema }), ...manifest, parts };
  await writeFileAtomically(output, `${text(document)}\n`, { overwrite, signal });
  say(`wrote ${output}`);
  if (json) {
    const { splits = {} } = manifest;
    const found = { schema: "normstream/init/1", folder, output, files, parts, splits, leftOut };
    await writeResult(`${JSON.stringify(found, null, 2)}\n`);
    return;
  }
  const splits = Object.entries(manifest.splits ?? {}).map(([split, names]) => `${split} (${names.join(", ")})`);
  await writeResult(
    factLines([
      ["wrote", `${output}: ${counted(files, "file")} in ${counted(parts.length, "part")}`],
      ...parts.map(({ name, path, format, shape = [], dtype, layout }): [string, string] => [
        "part",
        `${name}: ${typeof path === "string" ? path : counted(path.length, "path")}, ${format} [${shape.map((extent) => extent ?? "any").join(", ")}] ${dtype}, ${layout}`,
      ]),
      ["splits", splits.length > 0 ? splits.join(", ") : "none: no folder or file is called train, val or test"],
      ...leftOut.first.slice(0, SHOWN).map(({ path, reason }): [string, string] => ["left out", `${path}: ${reason}`]),
      ...(leftOut.count > SHOWN ? [["left out", `${leftOut.count - SHOWN} more`] as [string, string]] : []),
    ]),
  );
}

/** The manifest's schema in a package that is installed there, so that editors find it. */
function schemaBeside(folder: string): string | undefined {
  for (let at = folder, up = "."; ; at = dirname(at), up = up === "." ? ".." : `${up}/..`) {
    const file = "node_modules/normstream/dist/manifest.schema.json";
    if (existsSync(join(at, file))) return `${up}/${file}`;
    if (dirname(at) === at) return undefined;
  }
}

/** JSON as people write it: short lists on one line. */
const text = (value: object): string =>
  JSON.stringify(value, null, 2).replace(
    /\[\s+([^[\]{}]{0,100}?)\s+\]/g,
    (_, inner: string) => `[${inner.replace(/\s*\n\s*/g, " ")}]`,
  );
