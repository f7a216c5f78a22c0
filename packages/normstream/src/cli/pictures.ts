import { type NormalizeOptions, normalizeToPictures } from "@normstream/pipeline";
import type { TensorSource } from "@normstream/tensor";
import { chooseEngine, startEngine, workBytes } from "./engine.js";
import type { AffineOptions, ResultOptions, RunOptions } from "./options.js";
import { sayUnless, writeResult } from "./output.js";
import { createProgress } from "./progress.js";
import { counted, formatNumber } from "./quantities.js";
import { factLines } from "./text-table.js";

/** `normalize --as png`: the first samples, normalized, as pictures, and what was drawn on stdout. */
export async function drawPictures(
  source: TensorSource,
  output: string,
  options: NormalizeOptions,
  { limit, range, overwrite, json, quiet, ...run }: AffineOptions & RunOptions & ResultOptions,
  signal: AbortSignal,
): Promise<void> {
  const say = sayUnless(quiet);
  await using engine = await startEngine(chooseEngine(workBytes(source), run), signal);
  using progress = createProgress(quiet);
  const onProgress = progress.update;
  const result = await normalizeToPictures(source, engine, output, options, { limit, range, overwrite, signal, onProgress });
  progress[Symbol.dispose]();
  const { pictures, width, height, planes, norm, clipped, nonFinite } = result;
  if (clipped > 0) say(`${counted(clipped, "value")} beyond the range ${clipped === 1 ? "is" : "are"} drawn black or white`);
  if (nonFinite > 0) say(`${counted(nonFinite, "value")} not finite ${nonFinite === 1 ? "is" : "are"} drawn black`);
  if (json) {
    const document = { schema: "normstream/look/1", input: source.name, ...result };
    await writeResult(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const shown =
    result.range === "each"
      ? "each picture from its least value (black) to its largest (white)"
      : `${formatNumber(result.range[0])} is black, ${formatNumber(result.range[1])} white`;
  const beside = planes > 1 ? `, ${planes} channels beside each other` : "";
  await writeResult(
    factLines([
      ["wrote", `${output}: ${counted(pictures, "picture")} of ${width} × ${height}${beside}, and sheet.png`],
      ["values", shown],
      ["norm", norm],
    ]),
  );
}
