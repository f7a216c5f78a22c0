import type { Selection } from "@normstream/renderer";
import type { RendererContext } from "vscode-notebook-renderer";

/** What was selected in reports, by their ids: it outlives scrolling, and the window's reload where VS Code keeps it. */
export interface KeptSelections {
  of(report: string): Partial<Selection>;
  keep(report: string, selection: Selection): void;
}

/** Reports that are remembered. */
const MOST = 200;

type State = Readonly<Record<string, Partial<Selection>>>;

export function keptSelections(context: RendererContext<unknown>): KeptSelections {
  const known = new Map(Object.entries((context.getState() as State | undefined) ?? {}));
  return {
    of: (report) => known.get(report) ?? {},
    keep(report, selection) {
      known.delete(report);
      known.set(report, selection);
      for (const oldest of known.keys()) {
        if (known.size <= MOST) break;
        known.delete(oldest);
      }
      context.setState(Object.fromEntries(known));
    },
  };
}
