import { Module } from "node:module";
import type { MimeBundle, Surface } from "@normstream/pipeline";

/** Notebooks whose kernels are not ours: Deno's, and tslab. Null elsewhere. */
export const kernelSurface = (): Surface | null => denoSurface() ?? tslabSurface();

/** What of Deno's Jupyter kernel is used here: `Deno.jupyter` throws where the program runs outside of it. */
interface DenoJupyter {
  broadcast(messageType: string, content: Record<string, unknown>): Promise<void>;
}

function denoSurface(): Surface | null {
  const { Deno } = globalThis as { Deno?: { readonly jupyter?: DenoJupyter } };
  let jupyter: DenoJupyter | undefined;
  try {
    jupyter = Deno?.jupyter;
  } catch {
    return null;
  }
  if (typeof jupyter?.broadcast !== "function") return null;
  const { broadcast } = jupyter;
  return surfaceOf((content, isUpdate) => void broadcast(isUpdate ? "update_display_data" : "display_data", content));
}

/** A message `display_data` of the Jupyter protocol. */
interface DisplayData {
  readonly data: MimeBundle;
  readonly metadata: Record<string, unknown>;
  readonly transient: { readonly display_id: string };
}

/** tslab's public `display` takes one media type at a time; the function under it takes them all. */
function tslabSurface(): Surface | null {
  if (!("__tslab__" in globalThis)) return null;
  const { _cache: loaded } = Module as unknown as { readonly _cache: Readonly<Record<string, { readonly exports: unknown }>> };
  const jupyter = Object.entries(loaded).find(([path]) => /[\\/]tslab[\\/]dist[\\/]jupyter\.js$/.test(path))?.[1].exports;
  const { lastWriteDisplayData: write } = (jupyter ?? {}) as {
    lastWriteDisplayData?: (data: DisplayData, update: boolean) => void;
  };
  return write ? surfaceOf(write) : null;
}

let shown = 0;

function surfaceOf(write: (content: DisplayData & Record<string, unknown>, isUpdate: boolean) => void): Surface {
  return {
    show(bundle) {
      const id = `normstream-${process.pid}-${++shown}`;
      const put = (data: MimeBundle, isUpdate: boolean): void =>
        write({ data, metadata: {}, transient: { display_id: id } }, isUpdate);
      put(bundle, false);
      return { update: (data) => put(data, true) };
    },
  };
}
