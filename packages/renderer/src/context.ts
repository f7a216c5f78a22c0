import type { Report } from "@normstream/report/payload";
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Notices } from "./asking/notices.js";
import type { ReportSource } from "./asking/report-source.js";
import type { Selection, Store } from "./store.js";
import type { ThemeChoice } from "./theme.js";

/** What every view of a report needs. */
export interface ViewContext {
  readonly report: Report;
  readonly store: Store;
  readonly theme: () => ThemeChoice;
  /** Says something to a screen reader, soon. */
  readonly announce: (text: string) => void;
  /** Where more can be asked for; null where nothing can. */
  readonly source: ReportSource | null;
  readonly notices: Notices;
}

export const ReportContext = createContext<ViewContext | null>(null);

export function useReport(): ViewContext {
  const context = useContext(ReportContext);
  if (!context) throw new Error("a view outside of a report");
  return context;
}

/** The selection, preview included; renders again when it changes. */
export function useSelection(): Selection {
  const { store } = useReport();
  const [selection, setSelection] = useState(store.current);
  useEffect(() => {
    setSelection(store.current);
    return store.subscribe(() => setSelection(store.current));
  }, [store]);
  return selection;
}
