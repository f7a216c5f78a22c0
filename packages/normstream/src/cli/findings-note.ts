import type { StatisticsFacts } from "@normstream/pipeline";
import type { Say } from "./output.js";
import { counted } from "./quantities.js";

/** Says what a pass found of the data that its numbers do not show: what was left out, and what stands in for what is not there. */
export function sayFindings({ skipped, missing }: Partial<Pick<StatisticsFacts, "skipped" | "missing">>, say: Say): void {
  if (skipped) {
    say(`left out ${counted(skipped.count, "image")} that cannot be decoded; the first: ${skipped.first[0]?.reason}`);
  }
  if (missing) {
    say(
      `${counted(missing.count, "chunk")} ${missing.count === 1 ? "is" : "are"} missing, and counted as the fill value ` +
        `(first: ${missing.first}); --missing error refuses them`,
    );
  }
}
