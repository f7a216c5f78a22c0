import { ROW, type RowBounds, rowBounds, unmergeRow } from "@normstream/moments";
import { geometryOf, usageError } from "@normstream/tensor";
import type { Summary } from "../summary.js";

/** How sure the rest has to be. */
export interface RemoveSummaryOptions {
  /** Decimal digits of each mean and m2 that must be certain; default 6. */
  readonly digits?: number | undefined;
}

/** What is left of a summary, and how well it is known. */
export interface RemainingSummary extends Summary {
  readonly bounds: readonly RowBounds[];
  /** `[C]`: decimal digits of mean and m2 that are certain, at worst. */
  readonly digits: Float64Array;
}

/**
 * Takes a part out of statistics by their moments alone, for when there is no table: the inverse of a merge. Subtracting cancels, so
 * each channel comes with a bound on its error that holds in the worst case (`unmergeRow` in packages/moments says how it is
 * derived), and what has fewer certain digits than asked for is refused. That the part is in the whole cannot be checked, only
 * that it may be. A minimum or maximum that the part has too is NaN in the result: not known.
 *
 * @throws NormstreamError of kind `usage` where the two do not fit, the part cannot be one of the whole, or too few digits are left;
 *   it names the channel
 */
export function removeSummary(whole: Summary, part: Summary, options: RemoveSummaryOptions = {}): RemainingSummary {
  const { digits: wanted = 6 } = options;
  if (!(wanted > 0 && wanted <= 15)) throw usageError(`${wanted} digits`, { expected: "a number above 0, up to 15" });
  checkFits(whole, part);
  const channels = whole.total.length / ROW;
  const samples = whole.samples - part.samples;
  const file = part.facts.input;
  const impossible = (channel?: number) =>
    usageError(`cannot be a part of ${whole.facts.input}`, {
      file,
      channel,
      hint: "Its counts, its range or its spread say that it is other data.",
    });
  if (samples < 0) throw impossible();
  if (samples === 0) throw usageError("nothing would be left", { file: whole.facts.input });
  const total = new Float64Array(whole.total.length);
  const bounds: RowBounds[] = [];
  const digits = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    const at = c * ROW;
    const rest = unmergeRow(
      { rows: whole.total, at, bounds: whole.bounds?.[c] ?? rowBounds(whole.total, at) },
      { rows: part.total, at, bounds: part.bounds?.[c] ?? rowBounds(part.total, at) },
      total,
      at,
    );
    if (!rest) throw impossible(c);
    if (rest.digits < wanted) {
      throw usageError(`taking the part out would leave ${Math.floor(rest.digits)} certain digits`, {
        file,
        channel: c,
        expected: `${wanted} or more`,
        hint: "Remove it from the table (.npz), which is exact.",
      });
    }
    bounds.push(rest.bounds);
    digits[c] = rest.digits;
  }
  const { shape, dtype, layout, nan } = whole.facts;
  const input = `${whole.facts.input} without ${part.facts.input}`;
  return { facts: { input, shape: [samples, ...shape.slice(1)], dtype, layout, nan }, samples, total, bounds, digits };
}

function checkFits(whole: Summary, part: Summary): void {
  const [expected, found] = [whole, part].map(({ facts: { shape, layout, dtype } }) => {
    const { channels, spatial } = geometryOf(shape, layout);
    return `${dtype}, ${channels} channels, planes of [${spatial.join(", ")}]`;
  });
  if (found === expected) return;
  throw usageError("the part does not fit the whole", {
    file: part.facts.input,
    expected: `${expected}, as in ${whole.facts.input}`,
    found,
  });
}
