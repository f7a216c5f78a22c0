import type { NotebookDocument } from "vscode";

/** What an .ipynb of ours says that it runs with. */
export const NOTEBOOK_METADATA = {
  kernelspec: { name: "normstream", display_name: "Normstream (TypeScript)", language: "typescript" },
  language_info: { name: "typescript", mimetype: "text/typescript", file_extension: ".ts" },
} as const;

/** Whether a notebook says that it runs with Normstream. VS Code keeps an .ipynb's metadata one level down, older ones two. */
export function isNormstreamNotebook({ metadata }: Pick<NotebookDocument, "metadata">): boolean {
  const places = [metadata, metadata.metadata, metadata.custom?.metadata] as const;
  return places.some((place) => specName(place) === NOTEBOOK_METADATA.kernelspec.name);
}

const specName = (place: unknown): unknown => (place as { kernelspec?: { name?: unknown } } | undefined)?.kernelspec?.name;
