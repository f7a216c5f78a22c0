import { type Host, host, type MimeBundle, type Shown, type Surface } from "@normstream/pipeline";
import { detailsOf } from "@normstream/report";
import { isPromise, isSubscribable, showLive } from "./live.js";
import { kernelSurface } from "./other-kernels.js";
import { progressOf } from "./progress-of.js";
import { isReport, reportForm, representationOf } from "./representation.js";

/**
 * Shows a value where the program runs: as an output of a notebook's cell, elsewhere as text on stdout. Reports, statistics, tensors,
 * pictures (bytes of PNG, JPEG, GIF or WebP, and pixels), lists of objects and data by media type have forms of their own; all else
 * is shown as `console.log` would. A Promise shows what it resolves to. An Observable shows what it emits, as it comes, in one place;
 * as text only its last.
 *
 * It works in the VS Code extension's notebooks, in Deno's Jupyter kernel and in tslab.
 *
 * @returns resolves when all is shown: at once for a value, at the end for a Promise or an Observable
 * @throws what the Promise or the Observable ends with
 */
export function display(value: unknown): Promise<void> {
  const around = host();
  const surface = around?.surface ?? kernelSurface();
  const shown = surface ? show(value, surface, around) : print(value, around?.signal);
  around?.hold?.(shown);
  return shown;
}

async function show(value: unknown, surface: Surface, around: Host | undefined): Promise<void> {
  let place: Shown | undefined;
  const put = async (state: unknown): Promise<void> => {
    const part = progressOf(state);
    if (part !== null) around?.progress?.(part);
    const details = isReport(state) ? detailsOf(state) : undefined;
    if (isReport(state) && details) around?.keepReport?.(state.id, details);
    if (isReport(state)) lay(reportForm(state));
    if (!isReport(state) || state.progress === null) lay(await representationOf(state));
  };
  const lay = (bundle: MimeBundle): void => {
    if (place) place.update(bundle);
    else place = surface.show(bundle);
  };
  if (isSubscribable(value)) await showLive(value, put, around?.signal);
  else await put(isPromise(value) ? await value : value);
}

/** Where nobody else shows it: the last state, as text. */
async function print(value: unknown, signal: AbortSignal | undefined): Promise<void> {
  let last: { readonly state: unknown } | null = null;
  const keep = async (state: unknown): Promise<void> => {
    last = { state };
  };
  if (isSubscribable(value)) await showLive(value, keep, signal);
  else await keep(isPromise(value) ? await value : value);
  const { state } = (last ?? { state: undefined }) as { readonly state: unknown };
  if (last) process.stdout.write(`${String((await representationOf(state))["text/plain"]).trimEnd()}\n`);
}
