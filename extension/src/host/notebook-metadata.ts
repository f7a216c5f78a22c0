import type { NotebookDocument } from "vscode";

/** What an .ipynb of ours says that it runs with. */
export const KERNEL_SPEC = { name: "normstream", display_name: "Normstream (TypeScript)", language: "typescript" } as const;

/** Whether a notebook says that it runs with Normstream. VS Code keeps an .ipynb's metadata one level down, older ones two. */
export function isNormstreamNotebook({ metadata }: NotebookDocument): boolean {
  const places = [metadata, metadata.metadata, metadata.custom?.metadata] as const;
  return places.some((place) => (place as { kernelspec?: { name?: unknown } } | undefined)?.kernelspec?.name === KERNEL_SPEC.name);
}
