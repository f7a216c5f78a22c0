import { geometryOf } from "@normstream/tensor";
import type { ComparedSide } from "./comparison.js";

/** One of the two, as far as the notes need it. */
interface Noted {
  readonly side: ComparedSide;
  /** Channels whose mean is not finite, though they hold finite values. */
  readonly notFinite: number;
  /** Least and greatest value over all channels. */
  readonly range: Range;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** What a reader should know before the numbers are believed, a sentence each. */
export function notesOn(notedA: Noted, notedB: Noted): string[] {
  const [a, b] = [notedA.side, notedB.side];
  const notes: string[] = [];
  if (a.digest !== null && a.digest === b.digest) notes.push("The digests are equal: A and B hold the same data.");
  const scales = [scaleNote("A", notedA.range, "B", notedB.range), scaleNote("B", notedB.range, "A", notedA.range)].filter(
    (note) => note !== undefined,
  );
  notes.push(...scales);
  if (a.dtype !== b.dtype && scales.length === 0) notes.push(`The dtypes differ: ${a.dtype} in A, ${b.dtype} in B.`);
  const [planesA, planesB] = [a, b].map(({ shape, layout }) => geometryOf(shape, layout).spatial.join(" × "));
  if (planesA !== planesB) notes.push(`The planes differ: ${planesA || "one value"} in A, ${planesB || "one value"} in B.`);
  for (const [name, { side, notFinite }] of [
    ["A", notedA],
    ["B", notedB],
  ] as const) {
    const { planeSize } = geometryOf(side.shape, side.layout);
    if (side.samples < 2) {
      notes.push(`${name} holds one sample, which says nothing of how samples differ: there are no standard errors.`);
    } else if (side.meanError === "values" && planeSize > 1) {
      notes.push(
        `${name} has no rows for its samples: its values are treated as independent. ` +
          "Where values of a sample are alike, the standard errors are too small.",
      );
    }
    if (notFinite > 0) {
      notes.push(
        `${name} has ${notFinite === 1 ? "a channel" : `${notFinite} channels`} with a mean that is not finite: ` +
          'compare statistics that were taken with the NaN policy "omit".',
      );
    }
    if (side.samples > 1 && side.stdError === "normal") {
      notes.push(`${name}: the standard errors of stds are those of normally distributed values.`);
    }
  }
  return notes;
}

/** Data in 0 to 1 beside data that reach 255: a division that one side has seen and the other has not. */
function scaleNote(small: string, of: Range, large: string, other: Range): string | undefined {
  const isUnit = of.min >= -1 && of.max <= 1 && of.max > 0;
  const isByte = other.min >= 0 && other.max > 16 && other.max <= 255;
  if (!isUnit || !isByte) return undefined;
  const text = ({ min, max }: Range) => `${Number(min.toPrecision(4))} to ${Number(max.toPrecision(4))}`;
  return (
    `${small} lies in ${text(of)}, ${large} in ${text(other)}: ` +
    "they look like the same kind of data in two scales. Bring them to one scale first (bytes are often divided by 255)."
  );
}
