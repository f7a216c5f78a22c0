import { NotebookCellOutputItem } from "vscode";
import type { CellError, MimeBundle } from "../protocol/kernel-messages.js";

/** A bundle as items of an output; the first that VS Code can show is shown. */
export function outputItems(bundle: MimeBundle): NotebookCellOutputItem[] {
  return Object.entries(bundle).map(([mime, data]) => {
    if (typeof data !== "string") return NotebookCellOutputItem.json(data, mime);
    if (isBinary(mime)) return new NotebookCellOutputItem(Buffer.from(data, "base64"), mime);
    return NotebookCellOutputItem.text(data, mime);
  });
}

const isBinary = (mime: string): boolean => /^(image|audio|video)\//.test(mime) && mime !== "image/svg+xml";

export function errorItem({ name, message, stack }: CellError): NotebookCellOutputItem {
  return NotebookCellOutputItem.error(
    Object.assign(new Error(message), { name, stack: stack === "" ? `${name}: ${message}` : stack }),
  );
}
