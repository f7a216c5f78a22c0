import { CONVENTIONS, otherDirection } from "./conventions.js";
import type { NormModel, RunningModel } from "./norm-model.js";

/** A number as people write it: 1e-5, 0.9, 0.1307. */
export function numberText(value: number): string {
  const text = String(Number(value.toPrecision(7)));
  return /e/.test(text) || Math.abs(value) >= 1e-4 || value === 0 ? text : Number(text).toExponential();
}

/** `a`, `a and b`, `a, b and c`. */
export const listText = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

/** `channel 3`, `channels 1 and 4`, `channels 0, 1, 2, … (17 in all)`. */
export function channelsText(channels: readonly number[]): string {
  const words = channels.map(String);
  if (words.length === 1) return `channel ${words[0]}`;
  return words.length <= 5
    ? `channels ${listText(words)}`
    : `channels ${words.slice(0, 3).join(", ")}, … (${words.length} in all)`;
}

/** `1 value`, `47040000 values`. */
export const countText = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

/** What a momentum weighs. */
const updateRule = (newWeight: number): string =>
  `new = ${numberText(otherDirection(newWeight))} · old + ${numberText(newWeight)} · batch`;

/** What became of PyTorch's momentum in a framework that weighs the old average by its own. */
export function momentumText({ momentum }: RunningModel, target: "keras" | "onnx", written: number): string {
  const { name } = CONVENTIONS[target];
  return momentum === null
    ? `A cumulative average (momentum null) has no equal in ${name}: its default ${numberText(written)} stands there, which matters in training alone.`
    : `Momentum ${numberText(momentum)} (PyTorch: ${updateRule(momentum)}) became ${numberText(written)} (${name} weighs the old average: the same rule).`;
}

/** What eps would be where nobody says it. */
export function epsText(eps: number, target: "keras" | "onnx" | "torch", name: string): string {
  const { defaultEps, name: framework } = CONVENTIONS[target];
  return eps === defaultEps
    ? `${name} is ${numberText(eps)}.`
    : `${name} is ${numberText(eps)}; ${framework}'s own default is ${numberText(defaultEps)}.`;
}

/** The first words of every text: where the numbers come from. */
export function originText({ data, norm, channels, running }: NormModel): string {
  if (!data) return running ? `the running averages of ${norm} norm, ${countText(channels, "channel")}` : `${norm} norm`;
  if (!running) return `${norm} norm over ${countText(channels, "channel")}, as ${data.input} has`;
  const part = data.samples < data.totalSamples ? ` (${data.samples} of its ${data.totalSamples})` : "";
  return `the statistics of ${data.input}: ${countText(data.samples, "sample")}${part}, ${countText(channels, "channel")}`;
}

/** What happened to values that were not finite; nothing where there were none. */
export function omittedText({ data, running }: NormModel): string[] {
  if (!data || !running) return [];
  const total = data.omitted.reduce((a, b) => a + b, 0);
  if (total === 0) return [];
  return [total === 1 ? "1 value that is not finite was left out." : `${total} values that are not finite were left out.`];
}

/** `n = 100`, `n = 98 to 100`: how many values stand behind each variance. */
export function countsText(count: Float64Array): string {
  const least = count.reduce((a, b) => Math.min(a, b), Infinity);
  const most = count.reduce((a, b) => Math.max(a, b), 0);
  return least === most ? `n = ${least}` : `n = ${least} to ${most}`;
}
