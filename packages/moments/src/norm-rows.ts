import { Fold } from "./fold.js";
import { ROW } from "./row.js";

/**
 * Which values share a mean and a variance: all samples of a channel (`batch`), one sample's one channel (`instance`), some channels of a
 * sample (`group`), all channels of a sample (`layer`).
 */
export type Norm = "batch" | "instance" | "group" | "layer";

/** The four norms. */
export const NORMS: readonly Norm[] = ["batch", "instance", "group", "layer"];

/**
 * Merges a sample's rows across the channels of each group: group norm; with one group, layer norm (rule 10).
 * @param rows `[samples, C, 8]` per-instance rows, not mutated
 * @returns `[samples, groups, 8]`
 */
export function mergeChannels(rows: Float64Array, channels: number, groups: number): Float64Array {
  const perGroup = channels / groups;
  const out = new Float64Array((rows.length / channels) * groups);
  for (let group = 0; group * ROW < out.length; group++) {
    const fold = new Fold(1);
    for (let c = 0; c < perGroup; c++) fold.push(rows, (group * perGroup + c) * ROW);
    out.set(fold.result(), group * ROW);
  }
  return out;
}
