import { decodeReport, type RenderedReport, renderReport } from "@normstream/renderer";
import { createAsking } from "@normstream/renderer/asking";
import type { ActivationFunction, OutputItem } from "vscode-notebook-renderer";
import { createHostCalls } from "./host-calls.js";
import { keptSelections } from "./kept-selections.js";

type Report = ReturnType<typeof decodeReport>;

/** A report in an output, until VS Code disposes of the output's item. */
interface Shown extends Disposable {
  readonly element: HTMLElement;
  update(report: Report): void;
}

/** Shows reports in outputs. VS Code calls it once a notebook. */
export const activate: ActivationFunction = (context) => {
  const selections = keptSelections(context);
  const calls = createHostCalls(context);
  const shown = new Map<string, Shown>();

  const show = (element: HTMLElement, first: Report): Shown => {
    let report = first;
    const view: RenderedReport = renderReport(element, first, {
      selection: selections.of(first.id),
      onSelection: (selection) => selections.keep(report.id, selection),
      asking: (onChange) =>
        createAsking(
          calls.sourceOf(() => report.id),
          onChange,
        ),
    });
    return {
      element,
      update(next) {
        report = next;
        view.update(next);
      },
      [Symbol.dispose]: () => view[Symbol.dispose](),
    };
  };

  const forget = (id: string): void => {
    shown.get(id)?.[Symbol.dispose]();
    shown.delete(id);
  };

  return {
    renderOutputItem(item, element, signal) {
      const report = readReport(item, element);
      if (!report || signal?.aborted) {
        forget(item.id);
        return;
      }
      const known = shown.get(item.id);
      if (known?.element === element) {
        known.update(report);
        return;
      }
      forget(item.id);
      shown.set(item.id, show(element, report));
    },
    disposeOutputItem(id) {
      for (const known of id === undefined ? [...shown.keys()] : [id]) forget(known);
    },
  };
};

/** Whoever wrote it: what is no report is said in one line, as text. */
function readReport(item: OutputItem, element: HTMLElement): Report | null {
  try {
    return decodeReport(item.json());
  } catch (error) {
    const line = document.createElement("p");
    line.textContent = `This report cannot be shown: ${(error as Error).message}`;
    (element.shadowRoot ?? element).replaceChildren(line);
    return null;
  }
}
