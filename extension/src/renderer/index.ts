import { decodeReport, renderReport, type RenderedReport } from "@normstream/renderer";
import type { ActivationFunction } from "vscode-notebook-renderer";

/** Shows reports in outputs; VS Code calls it once a notebook. */
export const activate: ActivationFunction = () => {
  const rendered = new Map<string, { readonly view: RenderedReport; readonly element: HTMLElement }>();
  return {
    renderOutputItem(item, element) {
      const report = decodeReport(item.json());
      const known = rendered.get(item.id);
      if (known?.element === element) {
        known.view.update(report);
        return;
      }
      known?.view[Symbol.dispose]();
      rendered.set(item.id, { view: renderReport(element, report), element });
    },
    disposeOutputItem(id) {
      for (const [key, { view }] of rendered) {
        if (id !== undefined && key !== id) continue;
        view[Symbol.dispose]();
        rendered.delete(key);
      }
    },
  };
};
