import { host, type MimeBundle, type Shown, type Surface } from "@normstream/pipeline";
import { isPromise, isSubscribable, showLive } from "./live.js";
import { representationOf } from "./representation.js";

/**
 * Shows a value where the program runs: as an output of a notebook's cell, elsewhere as text. A Promise shows what it resolves to; an
 * Observable shows what it emits, as it comes, in one place.
 *
 * @returns resolves when all is shown: at once for a value, at the end for a Promise or an Observable
 * @throws what the Promise or the Observable ends with
 */
export function display(value: unknown): Promise<void> {
  const around = host();
  const shown = show(value, around?.surface ?? textSurface(), around?.signal);
  around?.hold?.(shown);
  return shown;
}

async function show(value: unknown, surface: Surface, signal: AbortSignal | undefined): Promise<void> {
  let place: Shown | undefined;
  const put = async (state: unknown): Promise<void> => {
    const bundle = await representationOf(state);
    if (place) place.update(bundle);
    else place = surface.show(bundle);
  };
  if (isSubscribable(value)) await showLive(value, put, signal);
  else await put(isPromise(value) ? await value : value);
}

/** Where nobody else shows it: the last state as text, on stdout. */
function textSurface(): Surface {
  const print = (bundle: MimeBundle): void => void process.stdout.write(`${String(bundle["text/plain"])}\n`);
  return { show: (bundle) => ({ update: print, shown: print(bundle) }) };
}
